import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatonError, FormatError } from '../../src/errors.ts';
import { ProtoReader } from '../../src/tokenizer/protobuf.ts';
import { spieceTokenizer } from '../../src/tokenizer/spiece.ts';
import { readSpieceModel } from '../../src/tokenizer/spiece-model.ts';
import { unigramFromTokenizerJson } from '../../src/tokenizer/unigram-json.ts';
import { runs } from '../seed.ts';
import { ownJson, ownModel } from './own-unigram.ts';
import { mutatedBytes, mutatedJson, worksOrFormatError } from './unigram-fuzz.ts';

/** A varint, a field with a varint, a field with bytes: enough to write a model file by hand. */
const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >>> 7)]);
const int = (field: number, n: number) => [...varint(field << 3), ...varint(n)];
const blob = (field: number, body: number[]) => [...varint((field << 3) | 2), ...varint(body.length), ...body];
const text = (field: number, s: string) => blob(field, [...new TextEncoder().encode(s)]);
const float = (field: number, x: number) => [...varint((field << 3) | 5), ...new Uint8Array(Float32Array.of(x).buffer)];
const piece = (s: string, type = 1, score = -1) => blob(1, [...text(1, s), ...float(2, score), ...int(3, type)]);
const file = (...parts: number[][]) => Uint8Array.from(parts.flat());
const unk = piece('<unk>', 2);

describe('ProtoReader', () => {
  it('worked example: field 1 is 150 in the three bytes 08 96 01', () => {
    expect([...new ProtoReader(Uint8Array.of(0x08, 0x96, 0x01), 'f').fields()]).toEqual([
      { number: 1, wire: 0, int: 150, start: 1, end: 3 },
    ]);
  });

  it('negative numbers come in ten bytes', () => {
    const minusOne = [8, ...Array(9).fill(0xff), 1];
    expect([...new ProtoReader(file(minusOne), 'f').fields()][0].int).toBe(-1);
  });

  it.each<[string, number[], RegExp]>([
    ['a varint cut off', [0x08, 0x96], /a varint must end inside its message\n {2}in f, byte 1/],
    ['a varint of eleven bytes', [8, ...Array(11).fill(0xff)], /at most ten bytes/],
    ['a length beyond the end', [0x0a, 5, 1], /a value of 5 bytes must fit the 1 bytes left/],
    ['a length of 4 GB', [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], /a value of 4294967295 bytes/],
    ['four bytes cut off', [0x0d, 1, 2], /a value of 4 bytes must fit/],
    ['field 0', [0x00, 1], /field numbers begin at 1/],
    ['a group', [0x0b], /field 1 has wire type 3 \(a group\)/],
    ['wire type 7', [0x0f], /wire type 7 \(unassigned\)/],
  ])('%s is a FormatError with its place', (_, bytes, message) => {
    const read = () => [...new ProtoReader(file(bytes), 'f').fields()];
    expect(read).toThrow(FormatError);
    expect(read).toThrow(message);
  });

  it('any bytes end in fields inside of them or in a FormatError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          for (const { start, end } of new ProtoReader(bytes, 'f').fields())
            expect(start <= end && end <= bytes.length).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      runs(500),
    );
  });
});

describe('readSpieceModel', () => {
  it('worked example: three pieces, everything else by default', () => {
    const model = readSpieceModel(file(unk, piece('▁'), piece('a', 1, -2)));
    expect(model).toMatchObject({ pieces: ['<unk>', '▁', 'a'], unkId: 0, unkSurface: ' ⁇ ', byteFallback: false });
    expect([...model.scores]).toEqual([-1, -1, -2]);
    expect(spieceTokenizer(file(unk, piece('▁'), piece('a'))).encode('a a').pieces).toEqual(['▁', 'a', '▁', 'a']);
  });

  it('an unknown character costs the worst score and 10', () => {
    // No piece is 'a' alone. Unknown a and one long piece make −11 + 0, ten pairs and u −10.5, or −11 and come second.
    const pairs = ['ab', 'cd', 'ef', 'gh', 'ij', 'kl', 'mn', 'op', 'qr', 'st'].map((pair) => piece(pair));
    const pieces = (scoreOfU: number) => {
      const parts = [unk, piece('▁'), ...pairs, piece('u', 1, scoreOfU), piece('bcdefghijklmnopqrstu', 1, 0)];
      return spieceTokenizer(file(...parts)).encode('abcdefghijklmnopqrstu').pieces;
    };
    expect(pieces(-0.5)).toHaveLength(12);
    expect(pieces(-1)).toEqual(['▁', 'a', 'bcdefghijklmnopqrstu']);
  });

  it('user-defined pieces are kept from the charsmap', () => {
    const { charsmap } = readSpieceModel(ownModel('rules'));
    const with4 = (type: number) =>
      spieceTokenizer(
        file(unk, piece('▁'), piece('a'), piece('b'), piece('ab', type), blob(3, blob(2, [...charsmap]))),
      );
    expect(with4(1).encode('ab').pieces).toEqual(['▁', 'b', 'a']);
    expect(with4(4).encode('ab').pieces).toEqual(['▁', 'ab']);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', file(), /the model must have pieces, got 0/],
    [
      'a BPE model',
      file(unk, blob(2, int(3, 2))),
      /"model_type" must be 1 \(unigram\), got 2 \(BPE\)\n {2}in spiece.model, byte \d+/,
    ],
    ['a denormaliser', file(unk, blob(5, text(2, 'x'))), /"denormalizer_spec" must be absent/],
    ['no unknown piece', file(piece('a')), /one piece must be of the type unknown, got none/],
    ['two unknown pieces', file(unk, piece('?', 2)), /piece 1 \("\?"\) must be the only unknown piece, got 0 too/],
    ['a piece twice', file(unk, piece('a'), piece('a')), /piece 2 \("a"\) must stand once, got it as 1 too/],
    ['an empty piece', file(unk, piece('')), /piece 1 must not be empty/],
    ['a piece too long', file(unk, piece('a'.repeat(8001))), /must have fewer than 8000 bytes/],
    ['U+0000', file(unk, piece('a\0')), /must not hold U\+0000/],
    ['a score of NaN', file(unk, piece('a', 1, Number.NaN)), /must have a finite score, got NaN/],
    ['type 7', file(unk, piece('a', 7)), /must be of type 1 to 6 .*, got 7/],
    [
      'a byte piece without byte_fallback',
      file(unk, piece('<0x41>', 6)),
      /is a byte piece, but "byte_fallback" is false/,
    ],
    [
      'a byte piece spelled otherwise',
      file(unk, piece('A', 6), blob(2, int(35, 1))),
      /must be spelled <0x00> to <0xFF>/,
    ],
    ['too few byte pieces', file(unk, piece('<0x41>', 6), blob(2, int(35, 1))), /there must be 256 byte pieces, got 1/],
    [
      'a score that is text',
      file(unk, blob(1, [...text(1, 'a'), ...text(2, 'x')])),
      /"score" must be four bytes, got a length and bytes/,
    ],
    ['a piece that is not UTF-8', file(unk, blob(1, blob(1, [0xff]))), /"piece" must be UTF-8/],
  ])('%s is a FormatError that says so', (_, bytes, message) => {
    expect(() => readSpieceModel(bytes)).toThrow(FormatError);
    expect(() => readSpieceModel(bytes)).toThrow(message);
  });
});

describe('mutated files', () => {
  it.each(['rules', 'bare'])('a mutated model %s is a FormatError or a working tokenizer', (name) => {
    fc.assert(
      fc.property(mutatedBytes(ownModel(name)), (bytes) => worksOrFormatError(() => spieceTokenizer(bytes))),
      runs(150),
    );
  });

  it('a mutated tokenizer.json is a FormatError or a working tokenizer', () => {
    fc.assert(
      fc.property(mutatedJson(ownJson('first')), (json) => worksOrFormatError(() => unigramFromTokenizerJson(json))),
      runs(150),
    );
  });

  it('typed errors are what the check lets pass, and nothing else', () => {
    expect(() =>
      worksOrFormatError(() => {
        throw new RangeError('x');
      }),
    ).toThrow(RangeError);
    expect(new FormatError('x')).toBeInstanceOf(BatonError);
  });
});

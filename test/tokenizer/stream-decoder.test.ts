import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUtf8, Utf8Stream } from '../../src/tokenizer/stream-decoder.ts';
import { runs } from '../seed.ts';

const cuts = (bytes: readonly number[][]) => {
  const stream = new Utf8Stream();
  return [...bytes.map((part) => stream.push(Uint8Array.from(part))), stream.end()];
};

/** Bytes around every boundary of UTF-8's table. */
const edgy = fc.constantFrom(
  ...[0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf],
  ...[0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff, 0xbb],
);
const bytes = fc.array(fc.oneof({ weight: 4, arbitrary: edgy }, fc.nat({ max: 255 })), { maxLength: 6 });

describe('Utf8Stream', () => {
  it('waits for the last byte of a character', () => {
    expect(cuts([[0x61, 0xf0], [0x9f, 0x99], [0x82], [0x62]])).toEqual(['a', '', '🙂', 'b', '']);
  });

  it('gives U+FFFD at once for a byte that nothing can complete, at the end for one that waits in vain', () => {
    expect(cuts([[0xff], [0xe2, 0x82]])).toEqual(['\ufffd', '', '\ufffd']);
    expect(cuts([[0xe0], [0x80]])).toEqual(['', '\ufffd\ufffd', '']);
  });

  it('pieces joined are the text of all bytes joined, for any bytes', () => {
    fc.assert(
      fc.property(fc.array(bytes), (parts) => {
        expect(cuts(parts).join('')).toBe(decodeUtf8(Uint8Array.from(parts.flat())));
      }),
      runs(3000),
    );
  });

  it('holds back one unfinished character at most', () => {
    fc.assert(
      fc.property(bytes, (part) => {
        const stream = new Utf8Stream();
        stream.push(Uint8Array.from(part));
        expect(['', '\ufffd']).toContain(stream.end());
      }),
      runs(500),
    );
  });

  it('keeps a byte order mark: it is text', () => {
    expect(cuts([[0xef, 0xbb, 0xbf, 0x61]])).toEqual(['\ufeffa', '']);
  });
});

/** Many more hostile tokenizer files than `npm test` has time for. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatonError } from '../../src/errors.ts';
import { bpeFromTokenizerJson } from '../../src/tokenizer/bpe-json.ts';
import { readJson } from '../../src/tokenizer/json.ts';
import { readRoles } from '../../src/tokenizer/roles.ts';
import { bpeFromVocabAndMerges } from '../../src/tokenizer/vocab-merges.ts';
import { runs } from '../seed.ts';
import { anyIds, changedAnywhere, own, ownFile, ownJson, wellFormedText } from '../tokenizer/own.ts';

/** Runs it; nothing but a typed error may come out, and what was read must work. */
function readsOrRefuses(read: () => ReturnType<typeof bpeFromTokenizerJson>, text: string): void {
  try {
    const tokenizer = read();
    const { ids, pieces, offsets } = tokenizer.encode(text);
    expect([pieces.length, offsets.length]).toEqual([ids.length, ids.length]);
    tokenizer.decode(ids);
  } catch (error) {
    if (!(error instanceof BatonError)) throw error;
  }
}

/** Bytes changed, cut out, doubled. */
const edits = fc.array(fc.tuple(fc.constantFrom('set', 'cut', 'double'), fc.nat(), fc.nat({ max: 255 })), {
  minLength: 1,
  maxLength: 6,
});

function edited(bytes: Uint8Array, list: readonly [string, number, number][]): Uint8Array {
  let all = Array.from(bytes);
  for (const [kind, place, value] of list) {
    const at = place % Math.max(1, all.length);
    if (kind === 'set') all[at] = value;
    else if (kind === 'cut') all.splice(at, value);
    else all = [...all.slice(0, at + value), ...all.slice(at)];
  }
  return Uint8Array.from(all);
}

describe('byte-level BPE readers, at length', () => {
  it('tokenizer.json with any parts replaced', () => {
    const twice = changedAnywhere(ownJson()).chain((json) => changedAnywhere(json));
    fc.assert(
      fc.property(twice, wellFormedText, (json, text) => readsOrRefuses(() => bpeFromTokenizerJson(json), text)),
      runs(20_000),
    );
  });

  it('tokenizer.json with any bytes edited', () => {
    const file = ownFile('tokenizer.json');
    fc.assert(
      fc.property(edits, wellFormedText, (list, text) =>
        readsOrRefuses(() => bpeFromTokenizerJson(readJson(edited(file, list), 'tokenizer.json')), text),
      ),
      runs(10_000),
    );
  });

  it('vocab.json and merges.txt with any bytes edited', () => {
    const [vocab, merges] = [ownFile('vocab.json'), ownFile('merges.txt')];
    const list = fc.oneof(fc.constant([]), edits);
    fc.assert(
      fc.property(list, list, wellFormedText, (inVocab, inMerges, text) =>
        readsOrRefuses(
          () => bpeFromVocabAndMerges({ vocab: edited(vocab, inVocab), merges: edited(merges, inMerges) }),
          text,
        ),
      ),
      runs(10_000),
    );
  });

  it('any roles beside a good file', () => {
    const literal = fc.oneof(fc.constantFrom(...['The', '<|endoftext|>', 'x', '', '🙂']), fc.jsonValue());
    const config = fc.dictionary(
      fc.constantFrom('bos_token', 'eos_token', 'unk_token', 'pad_token', 'add_prefix_space', 'extra_special_tokens'),
      literal,
    );
    const added = fc.dictionary(
      fc.string({ maxLength: 3 }),
      fc.oneof(fc.integer({ min: 515, max: 525 }), fc.jsonValue()),
    );
    fc.assert(
      fc.property(config, added, wellFormedText, (tokenizer_config, added_tokens, text) =>
        readsOrRefuses(() => bpeFromTokenizerJson(ownJson(), readRoles({ tokenizer_config, added_tokens })), text),
      ),
      runs(5_000),
    );
  });
});

describe('byte-level BPE, at length', () => {
  it('decode(encode(s)) = s, and streaming = decode', () => {
    fc.assert(
      fc.property(wellFormedText, anyIds(own.vocabSize), (text, ids) => {
        expect(own.decode(own.encode(text).ids)).toBe(text);
        const stream = own.stream();
        expect(ids.map((id) => stream.push(id)).join('') + stream.end()).toBe(own.decode(ids));
      }),
      runs(50_000),
    );
  });
});

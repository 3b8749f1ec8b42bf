/** Every byte-level BPE vector of ../shared, where that folder is there. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bpeFromTokenizerJson } from '../../src/tokenizer/bpe-json.ts';
import type { Tokenizer } from '../../src/tokenizer/tokenizer.ts';
import { bpeFromVocabAndMerges } from '../../src/tokenizer/vocab-merges.ts';
import { unitOfCodePoint } from './own.ts';

const shared = new URL('../../../shared/', import.meta.url);
const present = existsSync(new URL('goldens/tokenizers', shared));
const reason = present ? '' : ' (skipped: no ../shared)';
const file = (path: string) => readFileSync(new URL(path, shared));
const json = (path: string) => JSON.parse(file(path).toString());

interface Golden {
  vectors: {
    text: string;
    ids: number[];
    pieces: string[];
    offsets: [number, number][];
    decoded: string;
    decoded_skip: string;
    ids_special_as_text?: number[];
  }[];
  decode: { ids: number[]; decoded: string; decoded_skip: string }[];
}

function expectGolden(tokenizer: Tokenizer, { vectors, decode }: Golden): void {
  expect(vectors.length).toBeGreaterThan(0);
  for (const { text, ids, pieces, offsets, ids_special_as_text = ids } of vectors) {
    const unit = unitOfCodePoint(text);
    const inUnits = offsets.map(([start, end]) => [unit[start], unit[end]]);
    expect({ text, ...tokenizer.encode(text) }).toEqual({ text, ids, pieces, offsets: inUnits });
    expect(tokenizer.encode(text, { special_tokens_in_text: false }).ids).toEqual(ids_special_as_text);
  }
  for (const { ids, decoded, decoded_skip } of [...vectors, ...decode]) {
    expect(tokenizer.decode(ids)).toBe(decoded);
    expect(tokenizer.decode(ids, { skip_special_tokens: true })).toBe(decoded_skip);
  }
}

describe.skipIf(!present)(`byte-level BPE goldens${reason}`, () => {
  it('gpt2, from encoder.json + vocab.bpe', () => {
    const names = ['encoder.json', 'vocab.bpe'] as const;
    const [vocab, merges] = names.map((name) => file(`data/gpt2-tokenizer/${name}`));
    expectGolden(bpeFromVocabAndMerges({ vocab, merges, names }), json('goldens/tokenizers/gpt2/golden.json'));
  });

  it('bpe500, from both of its forms', () => {
    const folder = 'goldens/tokenizers/bpe500';
    const golden = json(`${folder}/golden.json`);
    const files = { vocab: file(`${folder}/vocab.json`), merges: file(`${folder}/merges.txt`) };
    expectGolden(bpeFromVocabAndMerges(files), golden);
    expectGolden(bpeFromTokenizerJson(json(`${folder}/tokenizer.json`)), golden);
  });

  it("en-de's two forms are one tokenizer", () => {
    const folder = 'models/en-de/hybrid/slm';
    const a = bpeFromTokenizerJson(json(`${folder}/tokenizer.json`));
    const b = bpeFromVocabAndMerges({ vocab: file(`${folder}/vocab.json`), merges: file(`${folder}/merges.txt`) });
    expect(a.special).toEqual(b.special);
    expect(a.special.eos).toBe(1999);
    for (const { text } of json('goldens/tokenizers/gpt2/golden.json').vectors)
      expect(a.encode(text)).toEqual(b.encode(text));
  });
});

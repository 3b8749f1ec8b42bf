import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bleu, tokens13a } from '../../bench/bleu.mjs';

describe('bleu', () => {
  it('of what is said word for word is 100, and of nothing in common 0', () => {
    const said = 'The cat sat on the mat.';
    expect(bleu([{ hypothesis: said, references: ['No.', said] }])).toBeCloseTo(100, 10);
    expect(bleu([{ hypothesis: 'a b c d e', references: ['v w x y z'] }])).toBe(0);
  });

  it('is the geometric mean of clipped shares, times the penalty of what is too short', () => {
    // 5 tokens against 6: runs of 1 … 4 match 5 of 5, 4 of 4, 3 of 3, 2 of 2
    const short = bleu([{ hypothesis: 'a b c d e', references: ['a b c d e f'] }]);
    expect(short).toBeCloseTo(100 * Math.exp(1 - 6 / 5), 10);
    // "a" three times is found once: 3 of 5, 2 of 4, 1 of 3, and none of 2, which counts as half of one
    const doubled = bleu([{ hypothesis: 'a a a b c', references: ['a b c x y'] }]);
    expect(doubled).toBeCloseTo(100 * ((3 / 5) * (2 / 4) * (1 / 3) * (1 / 2 / 2)) ** (1 / 4), 10);
  });

  it('takes the tokens of mteval-v13a', () => {
    expect(tokens13a('Es kostet 1.000,50 Euro, "wirklich" &amp; 3-mal.').join(' ')).toBe(
      'Es kostet 1.000,50 Euro , " wirklich " & 3 - mal .',
    );
  });
});

const golden = '../shared/goldens/metrics/golden.json';
const where = existsSync(golden) ? '' : ` (${golden} is not here)`;
describe.skipIf(where !== '')(`sacreBLEU’s own figures${where}`, () => {
  it('are equal to a millionth', () => {
    interface Pair {
      readonly hypothesis: string;
      readonly references: string[];
    }
    const { pairs, bleu_corpus, bleu_subsets, tokenized } = JSON.parse(readFileSync(golden, 'utf8'));
    const single = pairs.map(({ hypothesis, references: [first] }: Pair) => ({ hypothesis, references: [first] }));
    for (const { text, '13a': tokens } of tokenized) expect(tokens13a(text).join(' ')).toBe(tokens);
    let compared = 0;
    for (const { tokenize, lowercase, smooth_method, smooth_value, max_ngram_order = 4, refs, score } of bleu_corpus) {
      if (`${[tokenize, lowercase, smooth_method, smooth_value, max_ngram_order]}` !== '13a,false,exp,,4') continue;
      expect(bleu(refs === 'single' ? single : pairs)).toBeCloseTo(score, 6);
      compared++;
    }
    expect([compared, bleu_subsets.length]).toEqual([2, 14]);
    for (const { pairs: chosen, score } of bleu_subsets) {
      expect(bleu(chosen.map((i: number) => single[i]))).toBeCloseTo(score, 6);
    }
  });
});

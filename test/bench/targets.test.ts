/** What must be reached, from runs that a human can check. */
import { describe, expect, it } from 'vitest';
import { lookUp, neededBy } from '../../bench/measured.mjs';
import { flatDecode, linearPrefill, nearPeak, operations, slope, versus } from '../../bench/target-kinds.mjs';
import { targetLines, targets } from '../../bench/targets.mjs';

const ours = { engine: 'batonlm', backend: 'wasm', dtype: 'f32', threads: 2 };
const alone = { ...ours, threads: 1 };
const peer = { engine: 'tjs', dtype: 'f32', threads: 2 };
const run = (row: object, figures: object) => ({ model: 'gpt2', row, figures, info: { weights_mb: 500 } });
const runs = [run(ours, { decode_ms: 20, batch8_tok_s: 200 }), run(peer, { decode_ms: 50, batch8_tok_s: 100 })];

const kernels = {
  peaks: {
    multiply_gflops: 50,
    read_gbs: [
      { bytes: 5e8, threads: 2, gbs: 40 },
      { bytes: 5e8, threads: 1, gbs: 25 },
      { bytes: 1e6, threads: 2, gbs: 90 },
    ],
  },
  kernels: [{ row: 'batonlm wasm f32 1t', size: '126×768×768', gflops: 46 }],
};
const linesOf = (results: object) => targetLines({ runs, ...results });
const found = (results: object) => lookUp({ runs, kernels: undefined, ...results });

describe('targetLines', () => {
  it('compares what was measured, and nothing else', () => {
    expect(linesOf({}).filter((line) => line.startsWith('| gpt2'))).toEqual([
      '| gpt2 decode_ms: batonlm wasm f32 2t against tjs f32 2t | 20.0 | 50.0 | ≥ 1.20× | 2.50× | yes |',
      '| gpt2 batch8_tok_s: batonlm wasm f32 2t against tjs f32 2t | 200 | 100 | ≥ 2.00× | 2.00× | yes |',
      '| gpt2 tokens/s: batonlm wasm f32 2t, batch 8 against batch 1 | 200 | 50.0 | ≥ 4.00× | 4.00× | yes |',
    ]);
    expect(targetLines({ runs: [] })).toEqual([]);
  });

  it('holds decoding to the speed of reading, and two threads to one', () => {
    const table = linesOf({ runs: [...runs, run(alone, { decode_ms: 30 })], kernels });
    expect(table).toContain(
      '| gpt2 decode, GB/s: batonlm wasm f32 2t against reading alone | 25.0 | 40.0 | ≥ 0.850× | 0.625× | **no** |',
    );
    expect(table).toContain(
      '| gpt2 decode_ms: batonlm wasm f32 2t against batonlm wasm f32 1t (reading alone 1.60×) | 20.0 | 30.0 | ≥ 1.60× | 1.50× | **no** |',
    );
  });

  it("holds the hybrid to its large model, ours and another's", () => {
    const curve = (writer: string, ms: number, row = 'batonlm wasm f32 2t') => ({
      family: 't5-large+gpt2',
      row,
      writer,
      ms: [1, ms],
    });
    const curves = [curve('LLM alone', 300), curve('LLM alone', 500, 'hf f32 2t'), curve('hybrid', 200)];
    const words = '| t5-large+gpt2, ms end to end: hybrid, batonlm wasm f32 2t, against the LLM alone,';
    expect(linesOf({ curves }).filter((line) => line.startsWith(words))).toEqual([
      `${words} batonlm wasm f32 2t | 200 | 300 | ≥ 2.00× | 1.50× | **no** |`,
      `${words} hf f32 2t | 200 | 500 | ≥ 2.00× | 2.50× | yes |`,
    ]);
  });
});

describe('nearPeak', () => {
  it('is the part of the peak that a layer reaches', () => {
    const target = nearPeak('batonlm wasm f32 1t', '126×768×768', 0.9);
    expect(target.of(found({ kernels }))).toEqual({ own: 46, other: 50, is: 0.92 });
    expect(target.of(found({})).is).toBeNaN();
  });
});

describe('flatDecode', () => {
  /** Weights of 500 MB, and 73,728 bytes of keys and values a position. */
  const costs = (at1000: number) => {
    const figures = { decode_at_16_ms: 20, decode_at_256_ms: 21, decode_at_512_ms: 22, decode_at_1000_ms: at1000 };
    return flatDecode('gpt2', 'batonlm wasm f32 2t', 1.15).of(found({ runs: [run(ours, figures)] }));
  };

  it('allows what attention has to read, and no more', () => {
    const allowed = (20 * (5e8 + 1000 * 73_728)) / (5e8 + 16 * 73_728);
    expect(costs(allowed).is).toBeCloseTo(1, 12);
    expect(costs(1.2 * allowed).is).toBeCloseTo(1.2, 12);
  });

  it('tells how much a position adds', () => {
    expect(costs(20 + 984 / 240).note).toMatch(/^4\.\d\d µs a position$/);
  });
});

describe('linearPrefill', () => {
  const small = { n_layer: 1, n_embd: 2, vocab_size: 5 };

  it('counts the operations of layers, attention and the head', () => {
    // Three tokens: 12·2² weights twice each; queries meet 1 + 2 + 3 keys, 2·2 operations, and values as many; the head once.
    expect(operations(small, 3)).toBe(3 * 2 * 48 + 6 * 4 + 6 * 4 + 2 * 2 * 5);
  });

  it('is 1 where time grows as the operations do', () => {
    const gpt2 = { n_layer: 12, n_embd: 768, vocab_size: 50257 };
    const figures = { prefill_128_ms: operations(gpt2, 128) / 1e8, prefill_512_ms: operations(gpt2, 512) / 1e8 };
    const { is } = linearPrefill('gpt2', 'batonlm wasm f32 2t', 512, 128, 1).of(found({ runs: [run(ours, figures)] }));
    expect(is).toBeCloseTo(1, 12);
  });
});

describe('slope', () => {
  it('is that of the line, and of the best line', () => {
    expect(slope([[0, 1], [2, 5], [5, 11]])).toBe(2); // biome-ignore format: points
    expect(slope([[0, 0], [1, 1], [2, 0]])).toBe(0); // biome-ignore format: points
  });
});

describe('neededBy', () => {
  it('names each row and figure that a target looks up', () => {
    const needed = neededBy([
      versus('gpt2', 'decode_ms', 'a', 'b', 1),
      versus('gpt2', 'load_ms', 'a', 'b', 1),
      versus('t5-small', 'decode_ms', 'a', 'c', 1),
    ]);
    expect(needed.figures('gpt2', 'a')).toEqual(['decode_ms', 'load_ms']);
    expect(needed.figures('t5-small', 'c')).toEqual(['decode_ms']);
    expect(needed.figures('gpt2', 'c')).toEqual([]);
    expect(needed.kernels).toBe(false);
  });

  it('knows of every target, and of the kernels', () => {
    const needed = neededBy(targets);
    expect(needed.kernels).toBe(true);
    expect(needed.figures('gpt2', 'llama q8_0 2t')).toEqual(['decode_ms']);
    expect(needed.figures('gpt2', 'batonlm wasm f32 2t')).toContain('prefill_1000_ms');
  });
});

/** What every op costs, against a naive version that counts. Long because: one entry for every op. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activationNamed } from '../../src/kernels/activations.ts';
import { add } from '../../src/kernels/add.ts';
import { argmax } from '../../src/kernels/argmax.ts';
import { attention } from '../../src/kernels/attention.ts';
import { attentionScores } from '../../src/kernels/attention-scores.ts';
import { cast } from '../../src/kernels/cast.ts';
import { concat } from '../../src/kernels/concat.ts';
import { tensor, zeros } from '../../src/kernels/create.ts';
import { crossEntropy } from '../../src/kernels/cross-entropy.ts';
import { embedding } from '../../src/kernels/embedding.ts';
import { gather } from '../../src/kernels/gather.ts';
import { ops } from '../../src/kernels/index.ts';
import { layerNorm } from '../../src/kernels/layer-norm.ts';
import { linear } from '../../src/kernels/linear.ts';
import { logSoftmax } from '../../src/kernels/log-softmax.ts';
import { matmul } from '../../src/kernels/matmul.ts';
import { mergeHeads } from '../../src/kernels/merge-heads.ts';
import { mix } from '../../src/kernels/mix.ts';
import { mul } from '../../src/kernels/mul.ts';
import { normScale } from '../../src/kernels/norm-scale.ts';
import { ReferenceBackend } from '../../src/kernels/reference-backend.ts';
import { relativePositionBias } from '../../src/kernels/relative-position-bias.ts';
import { rmsNorm } from '../../src/kernels/rms-norm.ts';
import { scale } from '../../src/kernels/scale.ts';
import { slice } from '../../src/kernels/slice.ts';
import { softmax } from '../../src/kernels/softmax.ts';
import { splitHeads } from '../../src/kernels/split-heads.ts';
import { topK } from '../../src/kernels/top-k.ts';
import { transpose } from '../../src/kernels/transpose.ts';
import type { Shape } from '../../src/tensor/shape.ts';
import { sizes } from '../arbitraries.ts';
import { runs } from '../seed.ts';
import { Naive } from './naive.ts';

const backend = new ReferenceBackend();
const of = (...shape: number[]) => zeros(shape, { backend });
const ids = (...shape: number[]) => zeros(shape, { backend, dtype: 'I32' });
const line = (n: number) => Array.from({ length: n }, (_, i) => i / 4);
const matrix = (m: number, n: number) => Array.from({ length: m }, () => line(n));

/** One way of calling each op, for sizes a … e; what a naive version makes of it; bytes read and written. */
interface Case {
  run(a: number, b: number, c: number, d: number, e: number): unknown;
  naive?(count: Naive, a: number, b: number, c: number, d: number, e: number): void;
  /** Shapes of 4-byte elements read and written. */
  moves(a: number, b: number, c: number, d: number, e: number): Shape[];
}

const repeat = (times: number, fn: () => void) => {
  for (let i = 0; i < times; i++) fn();
};

function activation(name: string, one: (count: Naive) => void): Case {
  return {
    run: (a, b) => activationNamed(name)(of(a, b)),
    naive: (count, a, b) => repeat(a * b, () => one(count)),
    moves: (a, b) => [
      [a, b],
      [a, b],
    ],
  };
}

const sigmoid = (count: Naive, x: number) => count.div(x, count.add(1, count.exp(-x)));
const erf = (count: Naive) => count.mul(count.mul(0.5, 1), count.exp(count.mul(1, Math.SQRT1_2))); // exp stands for erfc

const cases: Record<string, Case> = {
  matmul: {
    run: (a, b, c, d) => matmul(of(a, b, c), of(c, d)),
    naive: (count, a, b, c, d) => repeat(a, () => count.matmul(matrix(b, c), matrix(c, d))),
    moves: (a, b, c, d) => [
      [a, b, c],
      [c, d],
      [a, b, d],
    ],
  },
  linear: {
    run: (a, b, c) => linear(of(a, b), of(c, b), of(c), '[out, in]'),
    naive: (count, a, b, c) => repeat(a * c, () => count.add(count.dot(line(b), line(b)), 1)),
    moves: (a, b, c) => [[a, b], [c, b], [c], [a, c]],
  },
  attention: {
    run: (a, b, c, d, e) =>
      attention(of(a, b, c, e), of(d, a, b, e), of(d, a, b, e), { bias: of(b, c, d), scale: 0.5 }),
    naive: (count, a, b, c, d, e) =>
      repeat(a * b, () => {
        repeat(c * d, () => count.mul(0.5, count.dot(line(e), line(e))));
        repeat(c, () => count.softmax(line(d), 1, line(d)));
        count.matmul(matrix(c, d), matrix(d, e));
      }),
    moves: (a, b, c, d, e) => [
      [a, b, c, e],
      [d, a, b, e],
      [d, a, b, e],
      [b, c, d],
      [a, b, c, e],
    ],
  },
  attentionScores: {
    run: (a, b, c, d, e) => attentionScores(of(a, b, c, e), of(d, a, b, e), 0.5),
    naive: (count, a, b, c, d, e) => repeat(a * b * c * d, () => count.mul(0.5, count.dot(line(e), line(e)))),
    moves: (a, b, c, d, e) => [
      [a, b, c, e],
      [d, a, b, e],
      [a, b, c, d],
    ],
  },
  mix: {
    run: (a, b, c, d, e) => mix(of(a, b, c, d), of(d, a, b, e)),
    naive: (count, a, b, c, d, e) => repeat(a * b, () => count.matmul(matrix(c, d), matrix(d, e))),
    moves: (a, b, c, d, e) => [
      [a, b, c, d],
      [d, a, b, e],
      [a, b, c, e],
    ],
  },
  softmax: {
    run: (a, b, c) => softmax(of(a, b, c), { bias: of(b, c), scale: 0.5 }),
    naive: (count, a, b, c) => repeat(a * b, () => count.softmax(line(c), 0.5, line(c))),
    moves: (a, b, c) => [
      [a, b, c],
      [b, c],
      [a, b, c],
    ],
  },
  logSoftmax: {
    run: (a, b) => logSoftmax(of(a, b)),
    naive: (count, a, b) => repeat(a, () => count.logSoftmax(line(b))),
    moves: (a, b) => [
      [a, b],
      [a, b],
    ],
  },
  crossEntropy: {
    run: (a, b) => crossEntropy(of(a, b), ids(a)),
    naive: (count, a, b) => {
      repeat(a, () => count.add(0, count.crossEntropyRow(line(b), 0)));
      count.div(1, a);
    },
    moves: (a, b) => [[a, b], [a], [1]],
  },
  layerNorm: {
    run: (a, b, c) => layerNorm(of(a, b, c), of(c), of(c), { eps: 1 }),
    naive: (count, a, b, c) => repeat(a * b, () => count.layerNorm(line(c), line(c), line(c), 1)),
    moves: (a, b, c) => [[a, b, c], [c], [c], [a, b, c]],
  },
  rmsNorm: {
    run: (a, b) => rmsNorm(of(a, b), of(b), { eps: 1 }),
    naive: (count, a, b) => repeat(a, () => count.rmsNorm(line(b), line(b), 1)),
    moves: (a, b) => [[a, b], [b], [a, b]],
  },
  normScale: {
    run: (a, b) => normScale(of(a, b), { eps: 1, centred: true }),
    naive: (count, a, b) => repeat(a, () => count.normScale(line(b), 1, true)),
    moves: (a, b) => [
      [a, b],
      [a, 1],
    ],
  },
  add: {
    run: (a, b) => add(of(a, 1), of(b)),
    naive: (count, a, b) => repeat(a * b, () => count.add(1, 1)),
    moves: (a, b) => [[a, 1], [b], [a, b]],
  },
  mul: {
    run: (a, b) => mul(of(a, 1), of(b)),
    naive: (count, a, b) => repeat(a * b, () => count.mul(1, 1)),
    moves: (a, b) => [[a, 1], [b], [a, b]],
  },
  scale: {
    run: (a, b) => scale(of(a, b), 0.5),
    naive: (count, a, b) => repeat(a * b, () => count.mul(1, 1)),
    moves: (a, b) => [
      [a, b],
      [a, b],
    ],
  },
  gelu: activation('gelu', erf),
  gelu10: activation('gelu_10', erf),
  laplace: activation('laplace', (count) => count.mul(0.5, count.exp(count.div(count.sub(1, 1), 1)))),
  leakyRelu: activation('leaky_relu', (count) => count.mul(0.01, -1)),
  mish: activation('mish', (count) => count.mul(1, count.tanh(count.log1p(count.exp(1))))),
  quickGelu: activation('quick_gelu', (count) => sigmoid(count, count.mul(1.702, 1))),
  relu: activation('relu', () => {}),
  relu2: activation('relu2', (count) => count.mul(1, 1)),
  relu6: activation('relu6', () => {}),
  sigmoid: activation('sigmoid', (count) => sigmoid(count, 1)),
  silu: activation('silu', (count) => sigmoid(count, 1)),
  tanh: activation('tanh', (count) => count.tanh(1)),
  embedding: {
    run: (a, b, c) => embedding(of(a + 7, b), ids(c)),
    moves: (_a, b, c) => [[c, b], [c], [c, b]], // the rows asked for, not the table
  },
  relativePositionBias: {
    run: (a, b, c) => relativePositionBias(of(8, a), { queries: b, keys: c, bidirectional: true, maxDistance: 16 }),
    moves: (a, b, c) => [
      [8, a],
      [a, b, c],
    ],
  },
  argmax: { run: (a, b) => argmax(of(a, b)), moves: (a, b) => [[a, b], [a]] },
  topK: {
    run: (a, b) => topK(of(a, b), 1),
    moves: (a, b) => [
      [a, b],
      [a, 1],
      [a, 1],
    ],
  },
  cast: {
    run: (a, b) => cast(of(a, b), 'F32'),
    moves: (a, b) => [
      [a, b],
      [a, b],
    ],
  },
  transpose: {
    run: (a, b) => transpose(of(a + 1, b + 1)),
    moves: (a, b) => [
      [a + 1, b + 1],
      [b + 1, a + 1],
    ],
  },
  slice: {
    run: (a, b) => slice(of(a + 1, b), 1, 0, 1),
    moves: (a) => [
      [a + 1, 1],
      [a + 1, 1],
    ],
  },
  concat: {
    run: (a, b, c) => concat([of(a, b), of(a, c)], 1),
    moves: (a, b, c) => [
      [a, b],
      [a, c],
      [a, b + c],
    ],
  },
  gather: {
    run: (a, b) => gather(of(a, b), 0, [0, 0]),
    moves: (_a, b) => [
      [2, b],
      [2, b],
    ],
  },
  splitHeads: {
    run: (a, b, c, d) => splitHeads(of(a, b + 1, c * d * 2), c, 2),
    moves: (a, b, c, d) => [
      [a, b + 1, c * d * 2],
      [a, c, b + 1, d],
      [a, c, b + 1, d],
    ],
  },
  mergeHeads: {
    run: (a, b, c, d) => mergeHeads(of(a, b + 1, c + 1, d)),
    moves: (a, b, c, d) => [
      [a, b + 1, c + 1, d],
      [a, c + 1, (b + 1) * d],
    ],
  },
};

describe('cost', () => {
  it('is told here for every op', () => {
    expect(Object.keys(cases).sort()).toEqual([...ops.keys()].sort());
  });

  it.each(Object.keys(cases))('%s counts the operations of a naive version, and every byte once', (op) => {
    fc.assert(
      fc.property(sizes(5, 5), ([a, b, c, d, e]) => {
        const seen: [string, number, number][] = [];
        const { run, naive, moves } = cases[op];
        const count = new Naive();
        naive?.(count, a, b, c, d, e);
        backend.meter = (name, flops, bytes) => seen.push([name, flops, bytes]);
        run(a, b, c, d, e);
        backend.meter = undefined;
        const elements = moves(a, b, c, d, e).reduce((sum, shape) => sum + shape.reduce((n, m) => n * m, 1), 0);
        expect(seen).toEqual([[op, count.flops, 4 * elements]]);
      }),
      runs(20),
    );
  });

  it('of gelu depends on its form, of linear on its bias, of softmax on its bias', () => {
    const seen: number[] = [];
    backend.meter = (_op, flops) => seen.push(flops);
    activationNamed('gelu_new')(of(1));
    linear(of(1, 3), of(1, 3), undefined, '[out, in]');
    softmax(of(1, 1));
    normScale(of(1, 3), { eps: 1, centred: false });
    backend.meter = undefined;
    expect(seen).toEqual([8, 6, 5, 9]);
  });

  it('a half table is read in its own size', () => {
    const seen: number[] = [];
    const table = tensor(new Uint16Array(8), { backend, dtype: 'BF16', shape: [4, 2] });
    backend.meter = (_op, _flops, bytes) => seen.push(bytes);
    embedding(table, ids(3));
    backend.meter = undefined;
    expect(seen).toEqual([3 * 2 * 2 + 3 * 4 + 3 * 2 * 4]);
  });
});

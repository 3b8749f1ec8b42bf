import { describe, expect, it } from 'vitest';
import { BatonError, OptionError } from '../../src/errors.ts';
import { activationNamed } from '../../src/kernels/activations.ts';
import { add } from '../../src/kernels/add.ts';
import { append } from '../../src/kernels/append.ts';
import { argmax } from '../../src/kernels/argmax.ts';
import { attention } from '../../src/kernels/attention.ts';
import { attentionScores } from '../../src/kernels/attention-scores.ts';
import { cast } from '../../src/kernels/cast.ts';
import { concat } from '../../src/kernels/concat.ts';
import { tensor, zeros } from '../../src/kernels/create.ts';
import { crossEntropy } from '../../src/kernels/cross-entropy.ts';
import { embedding } from '../../src/kernels/embedding.ts';
import { gather } from '../../src/kernels/gather.ts';
import { gelu } from '../../src/kernels/gelu.ts';
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
import { reshape } from '../../src/kernels/reshape.ts';
import { rmsNorm } from '../../src/kernels/rms-norm.ts';
import { scale } from '../../src/kernels/scale.ts';
import { slice } from '../../src/kernels/slice.ts';
import { softmax } from '../../src/kernels/softmax.ts';
import { splitHeads } from '../../src/kernels/split-heads.ts';
import { topK } from '../../src/kernels/top-k.ts';
import { transpose } from '../../src/kernels/transpose.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

const f = (...shape: number[]) => zeros(shape);
const ids = (...shape: number[]) => zeros(shape, { dtype: 'I32' });
const bias = { queries: 2, keys: 2, bidirectional: true, maxDistance: 16 };

type Bad = [fault: string, run: () => unknown, code: string, summary: string, fields?: object];

const wrong: Bad[] = [
  // biome-ignore format: one fault a line
  ...([
    ['matmul: inner sizes', () => matmul(f(5, 3), f(4, 2)), 'SHAPE', 'inner sizes differ: a [5, 3] × b [4, 2] (3 against 4)', { expected: [3], got: [4] }],
    ['matmul: inner sizes, transposed', () => matmul(f(5, 3), f(2, 4), { transposeA: true }), 'SHAPE', 'inner sizes differ: a [5, 3]ᵀ × b [2, 4] (5 against 2)'],
    ['matmul: a vector', () => matmul(f(3), f(3, 1)), 'SHAPE', 'both sides need at least two axes: a [3] × b [3, 1]'],
    ['matmul: batch axes', () => matmul(f(2, 1, 1), f(3, 1, 1)), 'SHAPE', 'shapes do not broadcast: a [2], b [3] (axis 0: 2 against 3)'],
    ['matmul: ids', () => matmul(ids(1, 1), f(1, 1)), 'DTYPE', '"a" must be F32, F16 or BF16, got I32 [1, 1]', { got: 'I32' }],
    ['linear: inner sizes', () => linear(f(5, 3), f(4, 2), undefined, '[out, in]'), 'SHAPE', 'inner sizes differ: x [5, 3] × weight [4, 2] stored as [out, in] (x needs a last axis of 2)'],
    ['linear: a bias of another size', () => linear(f(5, 3), f(4, 3), f(3), '[out, in]'), 'SHAPE', '"bias" must be [4], got [3]'],
    ['linear: a weight of ids', () => linear(f(5, 3), ids(4, 3), undefined, '[out, in]'), 'DTYPE', '"weight" must be F32, F16 or BF16, got I32 [4, 3]'],
    ['add: shapes', () => add(f(2, 3), f(2)), 'SHAPE', 'shapes do not broadcast: a [2, 3], b [2] (axis 1: 3 against 2)', { expected: [2, 3], got: [2] }],
    ['mul: ids', () => mul(f(2), ids(2)), 'DTYPE', '"b" must be F32, F16 or BF16, got I32 [2]'],
    ['scale: NaN', () => scale(f(2), NaN), 'OPTION', '"factor" must be a finite number, got NaN'],
    ['softmax: no entries', () => softmax(f(2, 0)), 'SHAPE', '"x" needs a last axis of at least 1, got [2, 0]'],
    ['softmax: rank 0', () => softmax(f()), 'SHAPE', '"x" needs a last axis of at least 1, got []'],
    ['softmax: a larger bias', () => softmax(f(1, 2), { bias: f(3, 2) }), 'SHAPE', 'bias or mask [3, 2] does not broadcast to x [1, 2]'],
    ['softmax: a bias of ids', () => softmax(f(1, 2), { bias: ids(2) }), 'DTYPE', '"bias" must be F32, F16 or BF16, got I32 [2]'],
    ['softmax: a mask of floats', () => softmax(f(1, 2), { mask: f(2) }), 'DTYPE', '"mask" must be U8 or BOOL, got F32'],
    ['softmax: a negative past', () => softmax(f(1, 2), { past: -1 }), 'SHAPE', '"past" needs x [… T S] and a whole number ≥ 0, got -1 with x [1, 2]'],
    ['softmax: a mask that allows nothing', () => softmax(f(1, 2), { mask: zeros([2], { dtype: 'U8' }) }), 'NUMERIC', 'row 0 has nothing allowed: every entry is masked or −∞'],
    ['logSoftmax: no entries', () => logSoftmax(f(0)), 'SHAPE', '"x" needs a last axis of at least 1, got [0]'],
    ['crossEntropy: rows', () => crossEntropy(f(2, 3), ids(3)), 'SHAPE', 'logits [N V] and labels [N] do not fit: [2, 3], [3]', { expected: [2], got: [3] }],
    ['crossEntropy: labels', () => crossEntropy(f(2, 3), f(2)), 'DTYPE', '"labels" must be I32, got F32 [2]'],
    ['layerNorm: gain', () => layerNorm(f(2, 3), f(2), f(3), { eps: 1 }), 'SHAPE', '"gain" must be [3] for x [2, 3], got [2]'],
    ['layerNorm: shift', () => layerNorm(f(2, 3), f(3), f(1, 3), { eps: 1 }), 'SHAPE', '"shift" must be [3] for x [2, 3], got [1, 3]'],
    ['layerNorm: ε', () => layerNorm(f(2, 3), f(3), f(3), { eps: -1 }), 'OPTION', '"eps" must be a finite number ≥ 0, got -1'],
    ['rmsNorm: ε', () => rmsNorm(f(2, 3), f(3), { eps: NaN }), 'OPTION', '"eps" must be a finite number ≥ 0, got NaN'],
    ['rmsNorm: no entries', () => rmsNorm(f(2, 0), f(0), { eps: 1 }), 'SHAPE', '"x" needs a last axis of at least 1, got [2, 0]'],
    ['normScale: ids', () => normScale(ids(2), { eps: 1, centred: true }), 'DTYPE', '"x" must be F32, F16 or BF16, got I32 [2]'],
    ['gelu: ids', () => gelu(ids(2), { form: 'erf' }), 'DTYPE', '"x" must be F32, F16 or BF16, got I32 [2]'],
    ['embedding: a table of rank 1', () => embedding(f(2), ids(1)), 'SHAPE', '"table" must be [V D], got [2]'],
    ['embedding: float ids', () => embedding(f(2, 2), f(1)), 'DTYPE', '"ids" must be I32, got F32 [1]'],
    ['relativePositionBias: a table of rank 1', () => relativePositionBias(f(8), bias), 'SHAPE', '"table" must be [buckets H], got [8]'],
    ['relativePositionBias: too few buckets', () => relativePositionBias(f(3, 1), bias), 'OPTION', '"numBuckets" must be a whole number ≥ 4 when bidirectional, got 3'],
    ['relativePositionBias: past', () => relativePositionBias(f(8, 1), { ...bias, past: -1 }), 'OPTION', '"past" must be a whole number ≥ 0, got -1'],
    ['relativePositionBias: queries', () => relativePositionBias(f(8, 1), { ...bias, queries: 1.5 }), 'OPTION', '"queries" must be a whole number ≥ 0, got 1.5'],
    ['attention: no values', () => Reflect.apply(attention, undefined, [f(1, 2, 3, 4), f(3, 1, 2, 4), undefined, {}]), 'SHAPE', '"values" is missing', {}],
    ['mix: values of other positions, in attention', () => attention(f(1, 2, 3, 4), f(3, 1, 2, 4), f(5, 1, 2, 4), {}), 'SHAPE', 'pattern [B H T S] and values [S B H E] do not fit', {}],
    ['softmax: a row with nothing allowed, in attention', () => attention(f(1, 1, 1, 2), f(1, 1, 1, 2), f(1, 1, 1, 2), { mask: tensor(Uint8Array.of(0), { dtype: 'U8', shape: [1, 1, 1, 1] }) }), 'NUMERIC', 'row 0 has nothing allowed', {}],
    ['attentionScores: head sizes', () => attentionScores(f(1, 2, 3, 4), f(3, 1, 2, 5), 1), 'SHAPE', 'q [B H T E] and keys [S B H E] do not fit: q [1, 2, 3, 4], keys [3, 1, 2, 5]', { expected: ['S', 1, 2, 4] }],
    ['mix: lengths', () => mix(f(1, 2, 3, 4), f(3, 1, 2, 5)), 'SHAPE', 'pattern [B H T S] and values [S B H E] do not fit: pattern [1, 2, 3, 4], values [3, 1, 2, 5]'],
    ['reshape: elements', () => reshape(f(2, 3), [4]), 'SHAPE', 'x [2, 3] has 6 elements and cannot be [4]', { expected: 6, got: [4] }],
    ['reshape: a remainder', () => reshape(f(2, 3), [4, -1]), 'SHAPE', 'x [2, 3] has 6 elements and cannot be [4, -1]'],
    ['reshape: two open sizes', () => reshape(f(2, 3), [-1, -1]), 'SHAPE', '"shape" must hold whole numbers ≥ 0, got -1 in [1, -1]'],
    ['reshape: open beside 0', () => reshape(f(0, 3), [0, -1]), 'SHAPE', 'x [0, 3] has 0 elements and cannot be [0, -1]'],
    ['transpose: an axis twice', () => transpose(f(2, 3), [0, 0]), 'SHAPE', '"axes" must name every axis of x [2, 3] once, got [0, 0]'],
    ['transpose: too few', () => transpose(f(2, 3), [0]), 'SHAPE', '"axes" must name every axis of x [2, 3] once, got [0]'],
    ['transpose: too large', () => transpose(f(2, 3), [0, 2]), 'SHAPE', '"axis" must be a whole number in [-2, 2), got 2'],
    ['slice: past the end', () => slice(f(2, 3), 1, 1, 4), 'SHAPE', '"begin" and "end" must be whole numbers with 0 ≤ begin ≤ end ≤ 3 for axis 1 of x [2, 3], got 1 and 4', { got: [1, 4] }],
    ['slice: backwards', () => slice(f(2, 3), 1, 2, 1), 'SHAPE', '0 ≤ begin ≤ end ≤ 3 for axis 1 of x [2, 3], got 2 and 1'],
    ['slice: NaN', () => slice(f(2, 3), 0, NaN, 1), 'SHAPE', 'got NaN and 1'],
    ['slice: no such axis', () => slice(f(2, 3), 2, 0, 1), 'SHAPE', '"axis" must be a whole number in [-2, 2), got 2'],
    ['concat: sizes', () => concat([f(2, 3), f(2, 4)], 0), 'SHAPE', 'shapes may differ on axis 0 alone: xs[0] [2, 3], xs[1] [2, 4]'],
    ['concat: ranks', () => concat([f(2, 3), f(2)], 0), 'SHAPE', 'shapes may differ on axis 0 alone: xs[0] [2, 3], xs[1] [2]'],
    ['concat: dtypes', () => concat([f(2), ids(2)], 0), 'DTYPE', 'dtypes differ: xs[0] is F32, xs[1] is I32'],
    ['concat: nothing', () => concat([], 0), 'STATE', 'needs at least one tensor'],
    ['gather: past the end', () => gather(f(2, 3), 0, [0, 2]), 'NUMERIC', '"indices" must be whole numbers from 0 below 2 for axis 0 of x [2, 3], got 2 at 1', { expected: 2, got: 2 }],
    ['gather: a fraction', () => gather(f(2, 3), 0, [0.5]), 'NUMERIC', 'got 0.5 at 0'],
    ['splitHeads: a width that heads do not divide', () => splitHeads(f(1, 2, 10), 2, 3), 'SHAPE', '"x" must be [B T n·6] for 3 × 2 heads, got [1, 2, 10]'],
    ['splitHeads: no heads', () => splitHeads(f(1, 2, 10), 0), 'OPTION', '"heads" must be a whole number ≥ 1, got 0'],
    ['mergeHeads: rank 3', () => mergeHeads(f(1, 2, 3)), 'SHAPE', '"x" must be [B H T E], got [1, 2, 3]'],
    ['topK: more than there are', () => topK(f(2, 3), 4), 'SHAPE', '"k" must be a whole number from 1 to 3 for x [2, 3], got 4'],
    ['topK: none', () => topK(f(2, 3), 0), 'SHAPE', '"k" must be a whole number from 1 to 3 for x [2, 3], got 0'],
    ['argmax: no entries', () => argmax(f(2, 0)), 'SHAPE', '"x" needs a last axis of at least 1, got [2, 0]'],
    ['cast: ids', () => cast(ids(2), 'F16'), 'DTYPE', '"x" must be F32, F16 or BF16, got I32 [2]'],
    ['append: other axes', () => append(f(2, 3), f(1, 2)), 'SHAPE', 'axes behind the first, and dtypes, must be equal: past F32 [2, 3], more F32 [1, 2]'],
    ['append: rows there will be, no whole number', () => append(f(2, 3), f(1, 3), 9.5), 'OPTION', '"most" must be a whole number of rows, or Infinity, got 9.5'],
    ['append: rows there will be, NaN', () => append(f(2, 3), f(1, 3), NaN), 'OPTION', 'got NaN'],
    ['append: dtypes', () => append(f(2, 3), ids(1, 3)), 'SHAPE', 'past F32 [2, 3], more I32 [1, 3]'],
    ['append: rank 0', () => append(f(), f()), 'SHAPE', 'past F32 [], more F32 []'],
  ] satisfies Bad[]),
];

describe('every op', () => {
  it.each(wrong)('rejects %s', (fault, run, code, summary, fields = {}) => {
    const op = fault.slice(0, fault.indexOf(':'));
    const inner = fault === 'relativePositionBias: too few buckets' ? 'relativeBucket' : op;
    const error = thrownBy(run);
    expect(error).toMatchObject({ code, op: inner, ...fields });
    expect(error.summary).toContain(summary);
    expect(error.message).toContain(`${inner}: ${error.summary}`);
  });

  it('rejects options no type would let through', () => {
    expect(() => Reflect.apply(gelu, undefined, [f(1), { form: 'exact' }])).toThrow(
      `gelu: "form" must be 'erf' or 'tanh', got "exact"`,
    );
    expect(() => Reflect.apply(linear, undefined, [f(1, 1), f(1, 1), undefined, 'rows'])).toThrow(OptionError);
    expect(() => Reflect.apply(cast, undefined, [f(1), 'I32'])).toThrow('"dtype" must be F32, F16 or BF16, got "I32"');
    expect(() => Reflect.apply(reshape, undefined, [f(1), 'x'])).toThrow('"shape" must be a list of sizes, got "x"');
    expect(() => Reflect.apply(add, undefined, [f(1), [1]])).toThrow('add: every input must be a Tensor');
    expect(() => Reflect.apply(add, undefined, [f(1)])).toThrow('add: "b" is missing');
  });

  it('names the weight that does not fit', () => {
    const x = f(2, 3);
    const spec = { dtype: 'F32' as const, shape: [5, 4], label: 'h.3.mlp.c_fc.weight' };
    const w = new Tensor(x.backend, x.backend.upload(new Float32Array(20), spec, 'activation'), spec);
    expect(() => linear(x, w, undefined, '[in, out]')).toThrow('weight [5, 4] ("h.3.mlp.c_fc.weight")');
  });

  it('refuses tensors of two backends', () => {
    const other = zeros([2], { backend: new ReferenceBackend() });
    expect(() => add(f(2), other)).toThrow(
      'add: inputs live on two backends: [2] on "reference", [2] on "reference"\n  hint: make both with the same { backend }',
    );
  });

  it('refuses a tensor that was disposed', () => {
    const x = f(2, 3);
    x.dispose();
    for (const run of [() => add(x, f(3)), () => reshape(x, [6]), () => append(x, f(1, 3)), () => slice(x, 0, 0, 1)]) {
      expect(run).toThrow(
        expect.objectContaining({ code: 'STATE', summary: 'tensor [2, 3] is used after it was disposed' }),
      );
    }
  });

  it('computes nothing and keeps nothing when it throws', () => {
    const backend = new ReferenceBackend();
    const x = tensor([[1, NaN]], { backend });
    const before = backend.memory;
    expect(() => softmax(x)).toThrow();
    expect(() => matmul(x, x)).toThrow();
    expect(backend.memory).toEqual(before);
  });
});

describe('activationNamed', () => {
  it('names the nearest for a name nobody knows', () => {
    const error = thrownBy(() => activationNamed('gelu_neww'));
    expect(error).toMatchObject({ code: 'FORMAT', got: 'gelu_neww', summary: 'no activation is called "gelu_neww"' });
    expect(error.nearest?.[0]).toBe('gelu_new');
    expect(() => activationNamed('constructor')).toThrow('no activation is called "constructor"');
  });
});

function thrownBy(run: () => unknown): BatonError {
  try {
    run();
  } catch (error) {
    if (error instanceof BatonError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

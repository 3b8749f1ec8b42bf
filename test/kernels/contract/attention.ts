import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumericError } from '../../../src/errors.ts';
import { attention } from '../../../src/kernels/attention.ts';
import { attentionScores } from '../../../src/kernels/attention-scores.ts';
import { gather } from '../../../src/kernels/gather.ts';
import { mix } from '../../../src/kernels/mix.ts';
import { slice } from '../../../src/kernels/slice.ts';
import { type SoftmaxOptions, softmax } from '../../../src/kernels/softmax.ts';
import type { Tensor } from '../../../src/tensor/tensor.ts';
import { type Plain, permutation, sizes, tensor } from '../../arbitraries.ts';
import { expectClose, u } from '../../close.ts';
import { runs } from '../../seed.ts';
import { Naive } from '../naive.ts';
import { type Lab, unless, type Without } from './lab.ts';

/** Queries, keys and values of B batches, H heads, T queries, S ≥ T positions of size E. */
const heads = sizes(5, 4).map(([B, H, T, more, E]) => ({ B, H, T, S: T + more - 1, E: E + 1 }));
const inputs = heads.chain((n) =>
  fc.record({
    n: fc.constant(n),
    q: tensor([n.B, n.H, n.T, n.E]),
    k: tensor([n.S, n.B, n.H, n.E]),
    v: tensor([n.S, n.B, n.H, n.E]),
  }),
);

export function attentionContract(lab: () => Lab, { notFinite }: Without): void {
  const of = (p: Plain) => lab().of(p);
  const inSteps = (q: Tensor, k: Tensor, v: Tensor, { scale = 1, ...masks }: SoftmaxOptions) =>
    mix(softmax(attentionScores(q, k, scale), masks), v);
  const attend = (q: Tensor, k: Tensor, v: Tensor, past?: number) => inSteps(q, k, v, { scale: 0.5, past });

  describe('attention', () => {
    it('has the bits of its three steps: bias, padding, causal or not, rows with nothing allowed', async () => {
      const masked = inputs.chain((given) =>
        fc.record({
          given: fc.constant(given),
          bias: tensor([given.n.H, given.n.T, given.n.S]),
          keep: fc.array(fc.boolean(), { minLength: given.n.B * given.n.S, maxLength: given.n.B * given.n.S }),
          withBias: fc.boolean(),
          past: fc.option(fc.nat(given.n.S), { nil: undefined }),
        }),
      );
      await fc.assert(
        fc.asyncProperty(masked, async ({ given: { n, q, k, v }, bias, keep, withBias, past }) => {
          const options = (): SoftmaxOptions => ({
            scale: 0.5,
            bias: withBias ? of(bias) : undefined,
            mask: lab().mask([n.B, 1, 1, n.S], keep.map(Number)),
            past,
            emptyRows: 'zero',
          });
          const steps = await lab().run(() => inSteps(of(q), of(k), of(v), options()));
          expect(await lab().run(() => attention(of(q), of(k), of(v), options()))).toEqual(steps);
        }),
        runs(80),
      );
    });

    const one = (value: number) => lab().floats([1, 1, 1, 1], [value]);
    it('refuses a row with nothing allowed', async () => {
      const nothing = () => ({ mask: lab().mask([1, 1, 1, 1], [0]) });
      await expect(lab().run(() => attention(one(1), one(1), one(1), nothing()))).rejects.toThrow(
        'row 0 has nothing allowed',
      );
    });

    unless(notFinite, 'of what is not finite', () => {
      it('NaN is an error', async () => {
        await expect(lab().run(() => attention(one(Number.NaN), one(1), one(1), {}))).rejects.toThrow(NumericError);
      });
    });
  });

  describe('attentionScores', () => {
    it('multiplies queries with keys, which come position first, and scales', async () => {
      const q = () => lab().floats([1, 1, 1, 2], [1, 2]);
      const k = () => lab().floats([3, 1, 1, 2], [1, 0, 0, 1, 10, 10]);
      expect([...(await lab().run(() => attentionScores(q(), k(), 0.5)))]).toEqual([0.5, 1, 15]);
    });

    it('is the naive product of each head within its rounding', async () => {
      await fc.assert(
        fc.asyncProperty(inputs, async ({ n, q, k }) => {
          const [want, size]: number[][] = [[], []];
          eachScore(n, (b, h, t, s) => {
            const row = Array.from(q.data.subarray(((b * n.H + h) * n.T + t) * n.E).subarray(0, n.E));
            const key = Array.from(k.data.subarray(((s * n.B + b) * n.H + h) * n.E).subarray(0, n.E));
            want.push(0.5 * new Naive().dot(row, key));
            size.push(new Naive().dot(row.map(Math.abs), key.map(Math.abs)));
          });
          const got = await lab().run(() => attentionScores(of(q), of(k), 0.5));
          expectClose(
            got,
            want,
            lab().bound(want, n.E, (i) => size[i]),
          );
        }),
        runs(60),
      );
    });
  });

  describe('mix', () => {
    it('adds up values by their probabilities', async () => {
      const p = () => lab().floats([1, 1, 1, 2], [0.25, 0.75]);
      const v = () => lab().floats([2, 1, 1, 2], [4, 8, 0, 4]);
      expect([...(await lab().run(() => mix(p(), v())))]).toEqual([1, 5]);
    });

    it('a pattern that is 1 at one position gives the value of that position', async () => {
      await fc.assert(
        fc.asyncProperty(inputs, fc.nat(), async ({ n, v }, seed) => {
          const at = seed % n.S;
          const oneHot = Float32Array.from({ length: n.B * n.H * n.T * n.S }, (_, i) => (i % n.S === at ? 1 : 0));
          const got = await lab().run(() => mix(lab().floats([n.B, n.H, n.T, n.S], oneHot), of(v)));
          const want: number[] = [];
          for (let bh = 0; bh < n.B * n.H; bh++) {
            const from = (at * n.B * n.H + bh) * n.E;
            for (let t = 0; t < n.T; t++) want.push(...v.data.subarray(from, from + n.E).map((x) => x + 0));
          }
          expect(got.map((x) => x + 0)).toEqual(Float32Array.from(want));
        }),
        runs(60),
      );
    });
  });

  describe('attention', () => {
    it('over equal keys is the mean of the values, and stays between the smallest and the largest', async () => {
      await fc.assert(
        fc.asyncProperty(inputs, async ({ n, q, k, v }) => {
          const same = { shape: k.shape, data: k.data.map((_, i) => k.data[i % (n.B * n.H * n.E)]) };
          const equal = await lab().run(() => attend(of(q), of(same), of(v)));
          const any = await lab().run(() => attend(of(q), of(k), of(v)));
          for (let i = 0; i < equal.length; i++) {
            const [bh, e] = [Math.floor(i / (n.T * n.E)), i % n.E];
            const column = Array.from({ length: n.S }, (_, s) => v.data[(s * n.B * n.H + bh) * n.E + e]);
            const largest = Math.max(...column.map(Math.abs));
            const slack = (lab().arithmetic === 'float64' ? n.S + 2 : 8 * n.S + 40) * u * largest;
            expectClose([equal[i]], [column.reduce((sum, x) => sum + x, 0) / n.S], slack + 2 ** -149);
            expect(any[i]).toBeLessThanOrEqual(Math.max(...column) + slack);
            expect(any[i]).toBeGreaterThanOrEqual(Math.min(...column) - slack);
          }
        }),
        runs(60),
      );
    });

    it('permuting keys and values together changes nothing but the rounding', async () => {
      const shuffled = inputs.chain((x) => fc.tuple(fc.constant(x), permutation(x.n.S)));
      await fc.assert(
        fc.asyncProperty(shuffled, async ([{ n, q, k, v }, order]) => {
          const want = await lab().run(() => attend(of(q), of(k), of(v)));
          const got = await lab().run(() => attend(of(q), gather(of(k), 0, order), gather(of(v), 0, order)));
          const largest = Math.max(...v.data.map(Math.abs));
          expectClose(got, want, (8 * n.S + 80) * u * largest + 2 ** -149);
        }),
        runs(60),
      );
    });

    it('permuting the heads permutes the results', async () => {
      const shuffled = inputs.chain((x) => fc.tuple(fc.constant(x), permutation(x.n.H)));
      await fc.assert(
        fc.asyncProperty(shuffled, async ([{ q, k, v }, order]) => {
          const got = await lab().run(() =>
            attend(gather(of(q), 1, order), gather(of(k), 2, order), gather(of(v), 2, order)),
          );
          expect(got).toEqual(await lab().run(() => gather(attend(of(q), of(k), of(v)), 1, order)));
        }),
        runs(60),
      );
    });

    it('a batch of one gives the row of the batch', async () => {
      await fc.assert(
        fc.asyncProperty(inputs, fc.nat(), async ({ n, q, k, v }, seed) => {
          const b = [seed % n.B];
          const got = await lab().run(() => attend(gather(of(q), 0, b), gather(of(k), 1, b), gather(of(v), 1, b)));
          expect(got).toEqual(await lab().run(() => gather(attend(of(q), of(k), of(v)), 0, b)));
        }),
        runs(60),
      );
    });

    it('causal: a chunk with cached keys gives the same bits as the full pass, and later tokens change nothing', async () => {
      const causal = sizes(4, 4).chain(([B, H, S, E]) =>
        fc.record({
          first: fc.nat(S - 1),
          q: tensor([B, H, S, E]),
          k: tensor([S, B, H, E]),
          v: tensor([S, B, H, E]),
        }),
      );
      await fc.assert(
        fc.asyncProperty(causal, async ({ first, q, k, v }) => {
          const S = k.shape[0];
          const whole = await lab().run(() => slice(attend(of(q), of(k), of(v), 0), 2, first, S));
          expect(await lab().run(() => attend(slice(of(q), 2, first, S), of(k), of(v), first))).toEqual(whole);
          const seen = first + 1;
          const early = await lab().run(() =>
            attend(slice(of(q), 2, 0, seen), slice(of(k), 0, 0, seen), slice(of(v), 0, 0, seen), 0),
          );
          expect(early).toEqual(await lab().run(() => slice(attend(of(q), of(k), of(v), 0), 2, 0, seen)));
        }),
        runs(60),
      );
    });
  });
}

interface Sizes {
  readonly B: number;
  readonly H: number;
  readonly T: number;
  readonly S: number;
}

function eachScore(n: Sizes, visit: (b: number, h: number, t: number, s: number) => void): void {
  for (let i = 0; i < n.B * n.H * n.T * n.S; i++) {
    const [s, t] = [i % n.S, Math.floor(i / n.S) % n.T];
    const bh = Math.floor(i / (n.S * n.T));
    visit(Math.floor(bh / n.H), bh % n.H, t, s);
  }
}

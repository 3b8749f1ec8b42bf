/** The exponential and what is made of it, against float64, over every exponent a float32 can have. */
import { describe, expect, it } from 'vitest';
import { buildFor, instantiate } from '../../../src/kernels/wasm/engine.ts';
import type { Map1 } from '../../../src/kernels/wasm/kernels.ts';
import { ulpsBetween } from '../../close.ts';

async function kernels(deterministic: boolean) {
  const build = await buildFor({ deterministic });
  if (typeof build === 'string') throw new Error(build);
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536 });
  const found = await instantiate(build.module, memory);
  const map = (f: Map1, x: Float32Array): Float32Array => {
    new Float32Array(memory.buffer, 1024, x.length).set(x);
    f(1024, 2 ** 21, x.length, 0, 1);
    return new Float32Array(memory.buffer, 2 ** 21, x.length).slice();
  };
  return { found, map };
}

/** 300 numbers of each exponent, both signs. */
const everywhere = Float32Array.from({ length: 254 * 300 }, (_, i) => {
  const [exponent, step] = [Math.floor(i / 300) - 126, i % 300];
  return (step % 2 === 0 ? 1 : -1) * 2 ** exponent * (1 + ((step * 7919) % 8192) / 8192);
});
/** Where the result is neither 0 nor ∞, closely. */
const inside = Float32Array.from({ length: 200_000 }, (_, i) => -104 + (i * 193) / 200_000);

const { found, map } = await kernels(false);
const plain = await kernels(true);

function worst(f: Map1, exact: (x: number) => number, xs: Float32Array): number {
  const got = map(f, xs);
  return got.reduce((most, y, i) => Math.max(most, ulpsBetween(y, Math.fround(exact(xs[i])))), 0);
}

describe('exp', () => {
  it('is at most 2 ulp from the nearest float32, for every exponent and in the subnormals', () => {
    expect(worst(found.expOf, Math.exp, everywhere)).toBeLessThanOrEqual(2);
    expect(worst(found.expOf, Math.exp, inside)).toBeLessThanOrEqual(2);
  });

  it('is exact at 0 and at both ends', () => {
    const x = Float32Array.of(0, -0, -Infinity, Infinity, -200, 200, NaN);
    expect([...map(found.expOf, x)]).toEqual([1, 1, 0, Infinity, 0, Infinity, NaN]);
  });

  it('never decreases', () => {
    const y = map(found.expOf, inside);
    expect(y.every((v, i) => i === 0 || v >= y[i - 1])).toBe(true);
  });

  it('has the same bits in both builds', () => {
    expect(plain.map(plain.found.expOf, inside)).toEqual(map(found.expOf, inside));
  });
});

describe('functions made of it', () => {
  it.each([
    ['sigmoid', found.sigmoid, (x: number) => 1 / (1 + Math.exp(-x)), 4],
    ['silu', found.silu, (x: number) => x / (1 + Math.exp(-x)), 5],
    ['tanh', found.tanh, Math.tanh, 4],
  ] as const)('%s keeps its digits everywhere', (_name, f, exact, ulps) => {
    const ordinary = everywhere.filter((x) => Math.abs(x) < 80 && Math.abs(x) > 2 ** -100);
    expect(worst(f, exact, ordinary)).toBeLessThanOrEqual(ulps);
  });

  it('geluTanh is within the six roundings of its argument z, which the exponential multiplies by |z|, and six more', () => {
    const x = Float32Array.from({ length: 40_001 }, (_, i) => (i - 20_000) / 2000);
    const slope = 2 * Math.sqrt(2 / Math.PI);
    for (const [i, y] of map(found.geluTanh, x).entries()) {
      const z = slope * (x[i] + 0.044715 * x[i] ** 3);
      const want = x[i] / (1 + Math.exp(-z));
      expect(Math.abs(y - want)).toBeLessThanOrEqual((6 + 6 * Math.abs(z)) * 2 ** -24 * Math.abs(want));
    }
  });
});

/** Uniform numbers in [0, 1) with 53 random bits each. */
export interface Random {
  coin(): number;
}

/**
 * A generator of its own for every call and row: no state is shared, so rows do not depend on their neighbours.
 *
 * Numerics  xoshiro128**, period 2¹²⁸ − 1; its state is filled from seed and stream by a mixing counter, so near seeds
 *           give unrelated numbers
 * Source    Blackman & Vigna 2021, "Scrambled linear pseudorandom number generators" (xoshiro128**); Steele, Lea &
 *           Flood 2014 (splitmix); the mixer is MurmurHash3's 32-bit finaliser, Appleby 2011
 */
export function random(seed: number, stream = 0): Random {
  let counter = mix32(seed >>> 0) ^ mix32(Math.floor(seed / 2 ** 32) + 0x632be5ab) ^ mix32(stream + 0x3c6ef372);
  const fill = (): number => {
    counter = (counter + 0x9e3779b9) | 0;
    return mix32(counter);
  };
  return xoshiro(fill(), fill(), fill(), fill() | 1); // never all zero
}

/** A seed for calls that name none. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}

export function xoshiro(s0: number, s1: number, s2: number, s3: number): Random & { next(): number } {
  const next = (): number => {
    const result = Math.imul(rotate(Math.imul(s1, 5), 7), 9);
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = rotate(s3, 11);
    return result >>> 0;
  };
  return { next, coin: () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53 };
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

/** Every bit of x changes about half of the result's bits. */
function mix32(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

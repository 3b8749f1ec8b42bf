/**
 * Products with a weight in int8: y [M N] = x [M K] · W [K N] + bias, as src/kernels/quantised-linear.ts says, bit for bit.
 *
 * The weight lies in panels of 32 outputs, x in tiles of 6, 2 or 1 rows. Both are cut into the same blocks of k. A block of
 * x of R rows is [k/4][R][4] bytes, R scales and R words −z; a block of the weight is [k/4][32][4] bytes and 32 words: the
 * scale, a bfloat16, above the sum of the bytes. One load brings 4 values of 4 outputs, one broadcast the 4 values of a
 * row they meet.
 */
import { clear, copyRow, firstOf } from './simd';
import { tile1x32, tile2x16, tile6x16, tile6x8 } from './int8-tiles';

/** Depth of a block: that of Q8 in src/kernels/codings.ts. */
export const BLOCK: i32 = 64;

/** Bytes of a row of x: its values and two floats a block. */
@inline
export function rowBytes(K: i32): usize {
  return <usize>(((K + 3) & ~3) + 8 * ((K + BLOCK - 1) / BLOCK));
}

/** Bytes of an output of the weight: its values and a word a block. */
@inline
export function outputBytes(K: i32): usize {
  return <usize>(((K + 3) & ~3) + 4 * ((K + BLOCK - 1) / BLOCK));
}

/** Bytes of k in the block that begins at k. */
@inline
export function depthAt(k: i32, K: i32): i32 {
  return (min(BLOCK, K - k) + 3) & ~3;
}

/**
 * The panels of part `part` of `parts`. `room` has M × 32 floats for every part. `wide`: with the instruction that adds up
 * in i32. `paired`: with tiles for 256 bits.
 */
export function gemm8(
  a: usize, w: usize, bias: usize, y: usize, room: usize,
  M: i32, N: i32, K: i32, wide: i32, paired: i32, part: i32, parts: i32,
): void {
  const bytes = rowBytes(K), panels = (N + 31) / 32;
  const spill = room + <usize>(part * M) * 128;
  for (let panel = firstOf(panels, part, parts), to = firstOf(panels, part + 1, parts); panel < to; panel++) {
    clear(spill, M);
    const p = w + <usize>panel * 32 * outputBytes(K);
    for (let k = 0; k < K; k += BLOCK) {
      const block = p + <usize>(k / BLOCK) * 32 * (BLOCK + 4);
      if (wide) blockOf<i32>(a, block, spill, M, bytes, k, depthAt(k, K), paired);
      else blockOf<i16>(a, block, spill, M, bytes, k, depthAt(k, K), 0);
    }
    const column = panel * 32;
    const count = min(32, N - column);
    for (let i = 0; i < M; i++) {
      copyRow(spill + <usize>i * 128, bias == 0 ? 0 : bias + <usize>column * 4, y + <usize>(i * N + column) * 4, count);
    }
  }
}

/** The part of one block in all rows of a panel. The sums of 6 × 16 have registers in i32 alone. */
function blockOf<T>(a: usize, p: usize, y: usize, M: i32, bytes: usize, k: i32, depth: i32, paired: i32): void {
  const b = <usize>(k / BLOCK) * (BLOCK + 8);
  let i = 0;
  for (; i + 6 <= M; i += 6) {
    const q = a + <usize>i * bytes + b * 6, o = y + <usize>i * 128;
    if (paired) for (let t = 0; t < 32; t += 16) tile6x16<T>(q, p, <usize>t, o, depth);
    else for (let t = 0; t < 32; t += 8) tile6x8<T>(q, p, <usize>t, o, depth);
  }
  for (; i + 2 <= M; i += 2) {
    const q = a + <usize>i * bytes + b * 2, o = y + <usize>i * 128;
    for (let t = 0; t < 32; t += 16) tile2x16<T>(q, p, <usize>t, o, depth);
  }
  if (i < M) tile1x32<T>(a + <usize>i * bytes + b, p, y + <usize>i * 128, depth);
}

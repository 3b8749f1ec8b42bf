/**
 * One row against a panel of 32 columns: decoding. Eight independent chains hide the latency of the sums; the weights are
 * read once, in the order of their bytes. Same chain per output as gemm.ts.
 */
import { bf16High, bf16Low, f16High, f16Low } from './half';
import { AHEAD, fetch, fma } from './simd';

/** y, which holds the sums so far, += x · panel. */
export function row32(q: usize, p: usize, y: usize, K: i32): void {
  let c0 = v128.load(y), c1 = v128.load(y, 16), c2 = v128.load(y, 32), c3 = v128.load(y, 48);
  let c4 = v128.load(y, 64), c5 = v128.load(y, 80), c6 = v128.load(y, 96), c7 = v128.load(y, 112);
  const end = q + <usize>K * 4;
  // Two inputs a turn: 256 bytes of weights for one step of the loop.
  for (const pairs = q + <usize>(K & ~1) * 4; q < pairs; q += 8, p += 256) {
    const ahead = p + AHEAD;
    fetch(ahead); fetch(ahead + 64); fetch(ahead + 128); fetch(ahead + 192);
    let x = v128.load32_splat(q);
    c0 = fma(x, v128.load(p), c0); c1 = fma(x, v128.load(p, 16), c1);
    c2 = fma(x, v128.load(p, 32), c2); c3 = fma(x, v128.load(p, 48), c3);
    c4 = fma(x, v128.load(p, 64), c4); c5 = fma(x, v128.load(p, 80), c5);
    c6 = fma(x, v128.load(p, 96), c6); c7 = fma(x, v128.load(p, 112), c7);
    x = v128.load32_splat(q, 4);
    c0 = fma(x, v128.load(p, 128), c0); c1 = fma(x, v128.load(p, 144), c1);
    c2 = fma(x, v128.load(p, 160), c2); c3 = fma(x, v128.load(p, 176), c3);
    c4 = fma(x, v128.load(p, 192), c4); c5 = fma(x, v128.load(p, 208), c5);
    c6 = fma(x, v128.load(p, 224), c6); c7 = fma(x, v128.load(p, 240), c7);
  }
  if (q < end) {
    const x = v128.load32_splat(q);
    c0 = fma(x, v128.load(p), c0); c1 = fma(x, v128.load(p, 16), c1);
    c2 = fma(x, v128.load(p, 32), c2); c3 = fma(x, v128.load(p, 48), c3);
    c4 = fma(x, v128.load(p, 64), c4); c5 = fma(x, v128.load(p, 80), c5);
    c6 = fma(x, v128.load(p, 96), c6); c7 = fma(x, v128.load(p, 112), c7);
  }
  v128.store(y, c0); v128.store(y, c1, 16); v128.store(y, c2, 32); v128.store(y, c3, 48);
  v128.store(y, c4, 64); v128.store(y, c5, 80); v128.store(y, c6, 96); v128.store(y, c7, 112);
}

/** The same with halves, widened in registers; `kind` 1: finite F16, 2: BF16. */
export function row16(q: usize, p: usize, y: usize, K: i32, kind: i32): void {
  if (kind == 1) halves<f32>(q, p, y, K);
  else halves<u16>(q, p, y, K);
}

@inline
function low<T>(halves: v128): v128 {
  return isFloat<T>() ? f16Low(halves) : bf16Low(halves);
}
@inline
function high<T>(halves: v128): v128 {
  return isFloat<T>() ? f16High(halves) : bf16High(halves);
}

/** T float for F16, T integer for BF16. */
function halves<T>(q: usize, p: usize, y: usize, K: i32): void {
  const zero = f32x4.splat(0);
  let c0 = zero, c1 = zero, c2 = zero, c3 = zero, c4 = zero, c5 = zero, c6 = zero, c7 = zero;
  for (const end = q + <usize>K * 4; q < end; q += 4, p += 64) {
    fetch(p + AHEAD);
    const x = v128.load32_splat(q);
    let h = v128.load(p);
    c0 = fma(x, low<T>(h), c0); c1 = fma(x, high<T>(h), c1);
    h = v128.load(p, 16);
    c2 = fma(x, low<T>(h), c2); c3 = fma(x, high<T>(h), c3);
    h = v128.load(p, 32);
    c4 = fma(x, low<T>(h), c4); c5 = fma(x, high<T>(h), c5);
    h = v128.load(p, 48);
    c6 = fma(x, low<T>(h), c6); c7 = fma(x, high<T>(h), c7);
  }
  v128.store(y, c0); v128.store(y, c1, 16); v128.store(y, c2, 32); v128.store(y, c3, 48);
  v128.store(y, c4, 64); v128.store(y, c5, 80); v128.store(y, c6, 96); v128.store(y, c7, 112);
}

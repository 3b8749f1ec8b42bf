/**
 * One row times a packed weight: decoding. The weights are read once, in order, four panels at a time: 32 outputs are
 * eight independent chains, enough to hide the latency of the sums. Same chain per output as gemm.
 */
import { copyEdge, roomBytes, tile1 } from './gemm';
import { bf16High, bf16Low, f16High, f16Low, widen } from './half';
import { firstOf, fma } from './simd';

// Kinds of weights: 0 float32, 1 F16 without infinities, 2 BF16.

/** The panels of part `part` of `parts`, in fours; the arguments are those of gemm. */
export function gemv(
  x: usize, w: usize, bias: usize, y: usize, room: usize, N: i32, K: i32, kind: i32, part: i32, parts: i32,
): void {
  const panels = (N + 7) / 8, fours = (panels + 3) / 4;
  const spill = room + <usize>part * roomBytes(K, kind);
  const to = min(panels, 4 * firstOf(fours, part + 1, parts));
  let panel = 4 * firstOf(fours, part, parts);
  const panelBytes = <usize>K * (kind == 0 ? 32 : 16);
  for (; panel + 4 <= to && panel * 8 + 32 <= N; panel += 4) {
    const p = w + <usize>panel * panelBytes, o = y + <usize>panel * 32;
    if (kind == 0) four32(x, p, panelBytes, o, K);
    else if (kind == 1) fourHalf<f32>(x, p, panelBytes, o, K);
    else fourHalf<u16>(x, p, panelBytes, o, K);
    if (bias != 0) addTo(o, bias + <usize>panel * 32, 32);
  }
  for (; panel < to; panel++) {
    let p = w + <usize>panel * panelBytes;
    if (kind != 0) {
      widen(p, spill + 192, K * 8, kind);
      p = spill + 192;
    }
    tile1(x, p, spill, K, false);
    copyEdge(spill, bias, y + <usize>panel * 32, panel * 8, min(N, panel * 8 + 8));
  }
}

function addTo(y: usize, bias: usize, n: i32): void {
  for (const end = y + <usize>n * 4; y < end; y += 16, bias += 16) v128.store(y, f32x4.add(v128.load(y), v128.load(bias)));
}

function four32(q: usize, p0: usize, step: usize, y: usize, K: i32): void {
  let p1 = p0 + step, p2 = p1 + step, p3 = p2 + step;
  const zero = f32x4.splat(0);
  let c0 = zero, c1 = zero, c2 = zero, c3 = zero, c4 = zero, c5 = zero, c6 = zero, c7 = zero;
  const end = q + <usize>K * 4;
  // Two inputs a turn: a whole cache line of every panel.
  for (const pairs = q + <usize>(K & ~1) * 4; q < pairs; q += 8, p0 += 64, p1 += 64, p2 += 64, p3 += 64) {
    let x = v128.load32_splat(q);
    c0 = fma(x, v128.load(p0), c0); c1 = fma(x, v128.load(p0, 16), c1);
    c2 = fma(x, v128.load(p1), c2); c3 = fma(x, v128.load(p1, 16), c3);
    c4 = fma(x, v128.load(p2), c4); c5 = fma(x, v128.load(p2, 16), c5);
    c6 = fma(x, v128.load(p3), c6); c7 = fma(x, v128.load(p3, 16), c7);
    x = v128.load32_splat(q, 4);
    c0 = fma(x, v128.load(p0, 32), c0); c1 = fma(x, v128.load(p0, 48), c1);
    c2 = fma(x, v128.load(p1, 32), c2); c3 = fma(x, v128.load(p1, 48), c3);
    c4 = fma(x, v128.load(p2, 32), c4); c5 = fma(x, v128.load(p2, 48), c5);
    c6 = fma(x, v128.load(p3, 32), c6); c7 = fma(x, v128.load(p3, 48), c7);
  }
  if (q < end) {
    const x = v128.load32_splat(q);
    c0 = fma(x, v128.load(p0), c0); c1 = fma(x, v128.load(p0, 16), c1);
    c2 = fma(x, v128.load(p1), c2); c3 = fma(x, v128.load(p1, 16), c3);
    c4 = fma(x, v128.load(p2), c4); c5 = fma(x, v128.load(p2, 16), c5);
    c6 = fma(x, v128.load(p3), c6); c7 = fma(x, v128.load(p3, 16), c7);
  }
  v128.store(y, c0); v128.store(y, c1, 16); v128.store(y, c2, 32); v128.store(y, c3, 48);
  v128.store(y, c4, 64); v128.store(y, c5, 80); v128.store(y, c6, 96); v128.store(y, c7, 112);
}

@inline
function low<T>(halves: v128): v128 {
  return isFloat<T>() ? f16Low(halves) : bf16Low(halves);
}
@inline
function high<T>(halves: v128): v128 {
  return isFloat<T>() ? f16High(halves) : bf16High(halves);
}

/** The same with halves: T float for F16, T integer for BF16. */
function fourHalf<T>(q: usize, p0: usize, step: usize, y: usize, K: i32): void {
  let p1 = p0 + step, p2 = p1 + step, p3 = p2 + step;
  const zero = f32x4.splat(0);
  let c0 = zero, c1 = zero, c2 = zero, c3 = zero, c4 = zero, c5 = zero, c6 = zero, c7 = zero;
  const end = q + <usize>K * 4;
  while (q < end) {
    const x = v128.load32_splat(q);
    let h = v128.load(p0);
    c0 = fma(x, low<T>(h), c0); c1 = fma(x, high<T>(h), c1);
    h = v128.load(p1);
    c2 = fma(x, low<T>(h), c2); c3 = fma(x, high<T>(h), c3);
    h = v128.load(p2);
    c4 = fma(x, low<T>(h), c4); c5 = fma(x, high<T>(h), c5);
    h = v128.load(p3);
    c6 = fma(x, low<T>(h), c6); c7 = fma(x, high<T>(h), c7);
    q += 4; p0 += 16; p1 += 16; p2 += 16; p3 += 16;
  }
  v128.store(y, c0); v128.store(y, c1, 16); v128.store(y, c2, 32); v128.store(y, c3, 48);
  v128.store(y, c4, 64); v128.store(y, c5, 80); v128.store(y, c6, 96); v128.store(y, c7, 112);
}

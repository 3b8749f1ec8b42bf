/**
 * Tiles of a product: rows × columns that are summed up in registers while k goes by. `q` is x, [K][rows]; `p` the
 * other factor from the tile's first column on, `step` bytes from one k to the next, 128 in a panel; `y` holds the sums so
 * far, `row` bytes a row. Large tiles fetch what lies from `ahead` on, `stride` bytes at every k, or nothing new with 0.
 *
 * x86 has 16 registers. 6 × 8 takes 12 sums, 2 vectors of weights and 1 broadcast. Where the engine joins neighbouring
 * vectors to one of 256 bits, 6 × 16 takes as many: every pair here is read and written side by side, reads before writes,
 * for the engine to see it. Other engines run it too, with sums that do not fit. 54 GFLOP/s a thread by 6 × 8 at 128 bits,
 * 75 at 256, where its 6 chains are too few to hide their latency; 105 by 6 × 16.
 */
import { fetch, fma } from './simd';

export function tile6x8(q: usize, p: usize, step: usize, y: usize, row: usize, K: i32, ahead: usize, stride: usize): void {
  const y0 = y, y1 = y0 + row, y2 = y1 + row, y3 = y2 + row, y4 = y3 + row, y5 = y4 + row;
  let c00 = v128.load(y0), c01 = v128.load(y0, 16);
  let c10 = v128.load(y1), c11 = v128.load(y1, 16);
  let c20 = v128.load(y2), c21 = v128.load(y2, 16);
  let c30 = v128.load(y3), c31 = v128.load(y3, 16);
  let c40 = v128.load(y4), c41 = v128.load(y4, 16);
  let c50 = v128.load(y5), c51 = v128.load(y5, 16);
  const end = p + <usize>K * step;
  while (p < end) {
    fetch(ahead);
    ahead += stride;
    const b0 = v128.load(p), b1 = v128.load(p, 16);
    let x = v128.load32_splat(q);
    c00 = fma(x, b0, c00); c01 = fma(x, b1, c01);
    x = v128.load32_splat(q, 4);
    c10 = fma(x, b0, c10); c11 = fma(x, b1, c11);
    x = v128.load32_splat(q, 8);
    c20 = fma(x, b0, c20); c21 = fma(x, b1, c21);
    x = v128.load32_splat(q, 12);
    c30 = fma(x, b0, c30); c31 = fma(x, b1, c31);
    x = v128.load32_splat(q, 16);
    c40 = fma(x, b0, c40); c41 = fma(x, b1, c41);
    x = v128.load32_splat(q, 20);
    c50 = fma(x, b0, c50); c51 = fma(x, b1, c51);
    p += step;
    q += 24;
  }
  v128.store(y0, c00); v128.store(y0, c01, 16);
  v128.store(y1, c10); v128.store(y1, c11, 16);
  v128.store(y2, c20); v128.store(y2, c21, 16);
  v128.store(y3, c30); v128.store(y3, c31, 16);
  v128.store(y4, c40); v128.store(y4, c41, 16);
  v128.store(y5, c50); v128.store(y5, c51, 16);
}

export function tile6x16(q: usize, p: usize, step: usize, y: usize, row: usize, K: i32, ahead: usize, stride: usize): void {
  const y0 = y, y1 = y0 + row, y2 = y1 + row, y3 = y2 + row, y4 = y3 + row, y5 = y4 + row;
  let c00 = v128.load(y0), c01 = v128.load(y0, 16), c02 = v128.load(y0, 32), c03 = v128.load(y0, 48);
  let c10 = v128.load(y1), c11 = v128.load(y1, 16), c12 = v128.load(y1, 32), c13 = v128.load(y1, 48);
  let c20 = v128.load(y2), c21 = v128.load(y2, 16), c22 = v128.load(y2, 32), c23 = v128.load(y2, 48);
  let c30 = v128.load(y3), c31 = v128.load(y3, 16), c32 = v128.load(y3, 32), c33 = v128.load(y3, 48);
  let c40 = v128.load(y4), c41 = v128.load(y4, 16), c42 = v128.load(y4, 32), c43 = v128.load(y4, 48);
  let c50 = v128.load(y5), c51 = v128.load(y5, 16), c52 = v128.load(y5, 32), c53 = v128.load(y5, 48);
  const end = p + <usize>K * step;
  while (p < end) {
    fetch(ahead);
    ahead += stride;
    const b0 = v128.load(p), b1 = v128.load(p, 16), b2 = v128.load(p, 32), b3 = v128.load(p, 48);
    let x = v128.load32_splat(q);
    c00 = fma(x, b0, c00); c01 = fma(x, b1, c01); c02 = fma(x, b2, c02); c03 = fma(x, b3, c03);
    x = v128.load32_splat(q, 4);
    c10 = fma(x, b0, c10); c11 = fma(x, b1, c11); c12 = fma(x, b2, c12); c13 = fma(x, b3, c13);
    x = v128.load32_splat(q, 8);
    c20 = fma(x, b0, c20); c21 = fma(x, b1, c21); c22 = fma(x, b2, c22); c23 = fma(x, b3, c23);
    x = v128.load32_splat(q, 12);
    c30 = fma(x, b0, c30); c31 = fma(x, b1, c31); c32 = fma(x, b2, c32); c33 = fma(x, b3, c33);
    x = v128.load32_splat(q, 16);
    c40 = fma(x, b0, c40); c41 = fma(x, b1, c41); c42 = fma(x, b2, c42); c43 = fma(x, b3, c43);
    x = v128.load32_splat(q, 20);
    c50 = fma(x, b0, c50); c51 = fma(x, b1, c51); c52 = fma(x, b2, c52); c53 = fma(x, b3, c53);
    p += step;
    q += 24;
  }
  v128.store(y0, c00); v128.store(y0, c01, 16); v128.store(y0, c02, 32); v128.store(y0, c03, 48);
  v128.store(y1, c10); v128.store(y1, c11, 16); v128.store(y1, c12, 32); v128.store(y1, c13, 48);
  v128.store(y2, c20); v128.store(y2, c21, 16); v128.store(y2, c22, 32); v128.store(y2, c23, 48);
  v128.store(y3, c30); v128.store(y3, c31, 16); v128.store(y3, c32, 32); v128.store(y3, c33, 48);
  v128.store(y4, c40); v128.store(y4, c41, 16); v128.store(y4, c42, 32); v128.store(y4, c43, 48);
  v128.store(y5, c50); v128.store(y5, c51, 16); v128.store(y5, c52, 32); v128.store(y5, c53, 48);
}

export function tile2x16(q: usize, p: usize, step: usize, y: usize, row: usize, K: i32): void {
  const y0 = y, y1 = y0 + row;
  let c00 = v128.load(y0), c01 = v128.load(y0, 16), c02 = v128.load(y0, 32), c03 = v128.load(y0, 48);
  let c10 = v128.load(y1), c11 = v128.load(y1, 16), c12 = v128.load(y1, 32), c13 = v128.load(y1, 48);
  const end = p + <usize>K * step;
  while (p < end) {
    const b0 = v128.load(p), b1 = v128.load(p, 16), b2 = v128.load(p, 32), b3 = v128.load(p, 48);
    let x = v128.load32_splat(q);
    c00 = fma(x, b0, c00); c01 = fma(x, b1, c01); c02 = fma(x, b2, c02); c03 = fma(x, b3, c03);
    x = v128.load32_splat(q, 4);
    c10 = fma(x, b0, c10); c11 = fma(x, b1, c11); c12 = fma(x, b2, c12); c13 = fma(x, b3, c13);
    p += step;
    q += 8;
  }
  v128.store(y0, c00); v128.store(y0, c01, 16); v128.store(y0, c02, 32); v128.store(y0, c03, 48);
  v128.store(y1, c10); v128.store(y1, c11, 16); v128.store(y1, c12, 32); v128.store(y1, c13, 48);
}

export function tile2x32(q: usize, p: usize, step: usize, y: usize, row: usize, K: i32): void {
  const y0 = y, y1 = y0 + row;
  let c00 = v128.load(y0), c01 = v128.load(y0, 16), c02 = v128.load(y0, 32), c03 = v128.load(y0, 48), c04 = v128.load(y0, 64), c05 = v128.load(y0, 80), c06 = v128.load(y0, 96), c07 = v128.load(y0, 112);
  let c10 = v128.load(y1), c11 = v128.load(y1, 16), c12 = v128.load(y1, 32), c13 = v128.load(y1, 48), c14 = v128.load(y1, 64), c15 = v128.load(y1, 80), c16 = v128.load(y1, 96), c17 = v128.load(y1, 112);
  const end = p + <usize>K * step;
  while (p < end) {
    const b0 = v128.load(p), b1 = v128.load(p, 16), b2 = v128.load(p, 32), b3 = v128.load(p, 48), b4 = v128.load(p, 64), b5 = v128.load(p, 80), b6 = v128.load(p, 96), b7 = v128.load(p, 112);
    let x = v128.load32_splat(q);
    c00 = fma(x, b0, c00); c01 = fma(x, b1, c01); c02 = fma(x, b2, c02); c03 = fma(x, b3, c03); c04 = fma(x, b4, c04); c05 = fma(x, b5, c05); c06 = fma(x, b6, c06); c07 = fma(x, b7, c07);
    x = v128.load32_splat(q, 4);
    c10 = fma(x, b0, c10); c11 = fma(x, b1, c11); c12 = fma(x, b2, c12); c13 = fma(x, b3, c13); c14 = fma(x, b4, c14); c15 = fma(x, b5, c15); c16 = fma(x, b6, c16); c17 = fma(x, b7, c17);
    p += step;
    q += 8;
  }
  v128.store(y0, c00); v128.store(y0, c01, 16); v128.store(y0, c02, 32); v128.store(y0, c03, 48); v128.store(y0, c04, 64); v128.store(y0, c05, 80); v128.store(y0, c06, 96); v128.store(y0, c07, 112);
  v128.store(y1, c10); v128.store(y1, c11, 16); v128.store(y1, c12, 32); v128.store(y1, c13, 48); v128.store(y1, c14, 64); v128.store(y1, c15, 80); v128.store(y1, c16, 96); v128.store(y1, c17, 112);
}

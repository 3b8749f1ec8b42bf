/** Weights into panels of 32 columns, [K][32] each, once at load; activations into tiles of rows, per call. */
import { firstOf, firstRow, rowsAt } from './simd';

/** One panel of `rows` rows (at most 32) stored [out, in]; rows that do not exist become zeros. */
function packPanel<T>(from: usize, to: usize, rows: i32, K: i32): void {
  const s = <usize>K * sizeof<T>();
  if (rows < 32) memory.fill(to, 0, 32 * s);
  // A cache line of each row at a time: rows a power of two apart share few lines of the cache.
  const line = 64 / <i32>sizeof<T>();
  for (let k = 0; k < K; k += line) {
    const n = min(line, K - k);
    for (let t = 0; t < rows; t++) {
      let q = to + <usize>(k * 32 + t) * sizeof<T>();
      let p = from + <usize>t * s + <usize>k * sizeof<T>();
      if (sizeof<T>() == 4 && t + 4 <= rows && n == line) {
        for (let i = 0; i < 4; i++, p += 16, q += 512) transpose4(p, s, q);
        t += 3;
      } else for (let i = 0; i < n; i++, p += sizeof<T>(), q += 32 * sizeof<T>()) store<T>(q, load<T>(p));
    }
  }
}

/** Four floats of four rows, `s` bytes apart, as four columns of a panel. */
@inline
function transpose4(p: usize, s: usize, q: usize): void {
  const a = v128.load(p), b = v128.load(p + s), c = v128.load(p + 2 * s), d = v128.load(p + 3 * s);
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5), cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  v128.store(q, i64x2.shuffle(ab, cd, 0, 2)); v128.store(q, i64x2.shuffle(ab, cd, 1, 3), 128);
  const AB = i32x4.shuffle(a, b, 2, 6, 3, 7), CD = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(q, i64x2.shuffle(AB, CD, 0, 2), 256); v128.store(q, i64x2.shuffle(AB, CD, 1, 3), 384);
}

/** Rows of a weight stored [out, in], as the panels from `to` on; a part takes whole panels. */
function packRows<T>(from: usize, to: usize, rows: i32, K: i32, part: i32, parts: i32): void {
  const panels = (rows + 31) / 32;
  for (let panel = firstOf(panels, part, parts), end = firstOf(panels, part + 1, parts); panel < end; panel++) {
    const begin = <usize>panel * 32 * <usize>K * sizeof<T>();
    packPanel<T>(from + begin, to + begin, min(32, rows - panel * 32), K);
  }
}

export function packRows32(from: usize, to: usize, rows: i32, K: i32, part: i32, parts: i32): void {
  packRows<f32>(from, to, rows, K, part, parts);
}

export function packRows16(from: usize, to: usize, rows: i32, K: i32, part: i32, parts: i32): void {
  packRows<u16>(from, to, rows, K, part, parts);
}

/** Rows k … k + rows of a weight stored [in, out] (N columns), spread over all panels; a part takes some of these. */
function packColumns<T>(from: usize, to: usize, rows: i32, N: i32, K: i32, k: i32, part: i32, parts: i32): void {
  const panels = (N + 31) / 32;
  for (let n = firstOf(panels, part, parts) * 32, end = firstOf(panels, part + 1, parts) * 32; n < end; n += 32) {
    const bytes = <usize>min(32, N - n) * sizeof<T>();
    let p = from + <usize>n * sizeof<T>();
    let q = to + <usize>(n * K + k * 32) * sizeof<T>();
    for (let r = 0; r < rows; r++, p += <usize>N * sizeof<T>(), q += 32 * sizeof<T>()) {
      if (bytes == 32 * sizeof<T>()) {
        for (let i: usize = 0; i < 32 * sizeof<T>(); i += 16) v128.store(q + i, v128.load(p + i));
      } else {
        memory.copy(q, p, bytes);
        memory.fill(q + bytes, 0, 32 * sizeof<T>() - bytes);
      }
    }
  }
}

export function packColumns32(
  from: usize, to: usize, rows: i32, N: i32, K: i32, k: i32, part: i32, parts: i32,
): void {
  packColumns<f32>(from, to, rows, N, K, k, part, parts);
}

export function packColumns16(
  from: usize, to: usize, rows: i32, N: i32, K: i32, k: i32, part: i32, parts: i32,
): void {
  packColumns<u16>(from, to, rows, N, K, k, part, parts);
}

/**
 * Rows of x [M K] as tiles of 6, then 2 and 1 rows, [K][rows] each; the tile of row i begins at element i·K. Of them part
 * `part` of `parts`.
 */
export function packTiles(x: usize, a: usize, M: i32, K: i32, part: i32, parts: i32): void {
  const s = <usize>K * 4;
  for (let i = firstRow(M, part, parts), to = firstRow(M, part + 1, parts); i < to; ) {
    const rows = rowsAt(i, M);
    let p = x + <usize>i * s, q = a + <usize>i * s;
    if (rows == 6) {
      for (let k = 0; k < K; k++, p += 4, q += 24) {
        let r = p;
        store<f32>(q, load<f32>(r));
        r += s;
        store<f32>(q, load<f32>(r), 4);
        r += s;
        store<f32>(q, load<f32>(r), 8);
        r += s;
        store<f32>(q, load<f32>(r), 12);
        r += s;
        store<f32>(q, load<f32>(r), 16);
        r += s;
        store<f32>(q, load<f32>(r), 20);
      }
    } else {
      for (let k = 0; k < K; k++, p += 4) {
        for (let r = 0; r < rows; r++, q += 4) store<f32>(q, load<f32>(p + <usize>r * s));
      }
    }
    i += rows;
  }
}

/** Row `id` of a packed table, gathered: element k stands at panel·32K + 32k + column. */
export function lookup(table: usize, y: usize, id: i32, K: i32): void {
  let p = table + (<usize>(id >> 5) * <usize>K * 32 + <usize>(id & 31)) * 4;
  for (const end = y + <usize>K * 4; y < end; y += 4, p += 128) store<f32>(y, load<f32>(p));
}

export function lookup16(table: usize, y: usize, id: i32, K: i32): void {
  let p = table + (<usize>(id >> 5) * <usize>K * 32 + <usize>(id & 31)) * 2;
  for (const end = y + <usize>K * 2; y < end; y += 2, p += 64) store<u16>(y, load<u16>(p));
}

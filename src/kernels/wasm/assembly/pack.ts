/** Weights into panels of 8 columns, [K][8] each, once at load; activations into tiles of rows, per call. */

/** `rows` rows (at most 8) of a weight stored [out, in], as one panel; rows that do not exist become zeros. */
export function packRows<T>(from: usize, to: usize, rows: i32, K: i32): void {
  for (let t = 0; t < 8; t++) {
    let q = to + <usize>(t * sizeof<T>());
    let p = from + <usize>(t * K) * sizeof<T>();
    for (let k = 0; k < K; k++, q += 8 * sizeof<T>(), p += sizeof<T>()) {
      store<T>(q, t < rows ? load<T>(p) : <T>0);
    }
  }
}

export function packRows32(from: usize, to: usize, rows: i32, K: i32): void {
  if (rows < 8) {
    packRows<f32>(from, to, rows, K);
    return;
  }
  const s = <usize>K * 4;
  let k = 0;
  for (; k < K; k++, from += 4, to += 32) {
    let p = from;
    const a = load<f32>(p);
    p += s;
    const b = load<f32>(p);
    p += s;
    const c = load<f32>(p);
    p += s;
    const d = load<f32>(p);
    p += s;
    const e = load<f32>(p);
    p += s;
    const f = load<f32>(p);
    p += s;
    const g = load<f32>(p);
    p += s;
    store<f32>(to, a);
    store<f32>(to, b, 4);
    store<f32>(to, c, 8);
    store<f32>(to, d, 12);
    store<f32>(to, e, 16);
    store<f32>(to, f, 20);
    store<f32>(to, g, 24);
    store<f32>(to, load<f32>(p), 28);
  }
}

export function packRows16(from: usize, to: usize, rows: i32, K: i32): void {
  packRows<u16>(from, to, rows, K);
}

/** Rows k … k + rows of a weight stored [in, out] (N columns), spread over all panels. */
export function packColumns<T>(from: usize, to: usize, rows: i32, N: i32, K: i32, k: i32): void {
  for (let n = 0; n < N; n += 8) {
    const count = min(8, N - n);
    let p = from + <usize>n * sizeof<T>();
    let q = to + <usize>(n * K + k * 8) * sizeof<T>();
    for (let r = 0; r < rows; r++, p += <usize>N * sizeof<T>(), q += 8 * sizeof<T>()) {
      if (count == 8) {
        v128.store(q, v128.load(p));
        if (sizeof<T>() == 4) v128.store(q, v128.load(p, 16), 16);
      } else {
        for (let t = 0; t < 8; t++) {
          const value = t < count ? load<T>(p + <usize>t * sizeof<T>()) : <T>0;
          store<T>(q + <usize>t * sizeof<T>(), value);
        }
      }
    }
  }
}

export function packColumns32(from: usize, to: usize, rows: i32, N: i32, K: i32, k: i32): void {
  packColumns<f32>(from, to, rows, N, K, k);
}

export function packColumns16(from: usize, to: usize, rows: i32, N: i32, K: i32, k: i32): void {
  packColumns<u16>(from, to, rows, N, K, k);
}

/** Rows of x [M K] as tiles of 6, then 4, 2 and 1 rows, [K][rows] each; the tile of row i begins at element i·K. */
export function packTiles(x: usize, a: usize, M: i32, K: i32): void {
  for (let i = 0; i < M; ) {
    const rows = M - i >= 6 ? 6 : M - i >= 4 ? 4 : M - i >= 2 ? 2 : 1;
    const s = <usize>K * 4;
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

/** Row `id` of a packed table, gathered: element k stands at panel·8K + 8k + column. */
export function lookup(table: usize, y: usize, id: i32, K: i32): void {
  let p = table + (<usize>(id >> 3) * <usize>K * 8 + <usize>(id & 7)) * 4;
  for (const end = y + <usize>K * 4; y < end; y += 4, p += 32) store<f32>(y, load<f32>(p));
}

export function lookup16(table: usize, y: usize, id: i32, K: i32): void {
  let p = table + (<usize>(id >> 3) * <usize>K * 8 + <usize>(id & 7)) * 2;
  for (const end = y + <usize>K * 2; y < end; y += 2, p += 16) store<u16>(y, load<u16>(p));
}

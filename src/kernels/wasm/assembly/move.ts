/** Elements moved without a look at what they are. */

/**
 * `to`, three axes in row-major order, each place a run of `bytes`; `from` stepped through by `s0 s1 s2` bytes.
 * What splits and merges heads, transposes and cuts.
 */
export function move(
  from: usize, to: usize, n0: i32, n1: i32, n2: i32, s0: usize, s1: usize, s2: usize, bytes: usize,
): void {
  for (let i = 0; i < n0; i++, from += s0) {
    let q = from;
    for (let j = 0; j < n1; j++, q += s1) {
      let p = q;
      for (let k = 0; k < n2; k++, p += s2, to += bytes) {
        if (bytes == 4) store<u32>(to, load<u32>(p));
        else if (bytes == 2) store<u16>(to, load<u16>(p));
        else if ((bytes & 15) == 0 && bytes <= 1024) vectors(p, to, bytes);
        else memory.copy(to, p, bytes);
      }
    }
  }
}

@inline
function vectors(p: usize, q: usize, bytes: usize): void {
  for (const end = p + bytes; p < end; p += 16, q += 16) v128.store(q, v128.load(p));
}

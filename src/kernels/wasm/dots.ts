import type { Kernels } from './kernels.ts';
import { outputBytes, rowBytes } from './storage.ts';

/** A product that lies in the first page of a memory. */
const [M, N, K] = [6, 32, 768];
const rounds = 3;
/** A clock of a page may be no finer than this. */
const tick = 0.1;

/**
 * Shall dots of bytes be added up in i32? Where the machine has an instruction for it (AVX-VNNI, Arm's dot product), products
 * take half the time that they take by way of i16; where it has not, more. Nothing but a clock can tell; no bits depend on it.
 * It must not where the compiler gets it wrong, as the baseline compiler of V8 before 12 does, which loses the sum so far: asked
 * first, of code that never ran, it is the one that answers. The memory from `begin` on must be nobody's yet; `paired`:
 * with the tiles for 256 bits that it would have.
 */
export function prefersWideDots(
  { gemm8 }: Pick<Kernels, 'gemm8'>,
  memory: WebAssembly.Memory,
  begin: number,
  paired: boolean,
): boolean {
  const w = begin + M * rowBytes(K);
  const y = w + N * outputBytes(K, 'int8');
  new Uint8Array(memory.buffer, begin, y - begin).fill(63); // as floats 0.75
  const multiply = (wide: number) => gemm8(begin, w, 0, y, y + 4 * M * N, M, N, K, wide, paired ? 1 : 0, 0, 1);
  const product = (wide: number) => {
    multiply(wide);
    return new Float32Array(memory.buffer, y, M * N).slice();
  };
  const [wide, narrow] = [product(1), product(0)];
  if (wide.some((value, i) => value !== narrow[i])) return false;
  const most = [0, 0];
  for (let round = 0; round < rounds; round++) {
    for (const form of [0, 1])
      most[form] = Math.max(
        most[form],
        callsInATick(() => multiply(form)),
      );
  }
  return most[1] > most[0];
}

/** How often something can be done from when the clock moves on until it has moved by a tick. */
function callsInATick(call: () => void): number {
  const before = performance.now();
  let began = before;
  while (began === before) began = performance.now();
  let calls = 0;
  for (; performance.now() - began < tick; calls++) call();
  return calls;
}

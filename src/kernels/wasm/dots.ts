import type { Kernels } from './kernels.ts';

const turns = 200;
const repetitions = 5;

/**
 * Shall dots of bytes be added up in i32? Where the machine has an instruction for it (AVX-VNNI, Arm's dot product), that is
 * three times as fast as by way of i16; where it has not, slower. Nothing but a clock can tell; no bits depend on it. It
 * must not where the compiler gets it wrong, as the baseline compiler of V8 before 12 does, which loses the sum so far:
 * asked first, of code that never ran, it is the one that answers.
 */
export function prefersWideDots(kernels: Kernels): boolean {
  const right = 6 * (1000 + 4 * turns);
  if (kernels.dots(1, turns) !== right) return false;
  return time(() => kernels.dots(1, turns)) < time(() => kernels.dots(0, turns));
}

/** Least milliseconds of a call. */
function time(call: () => void): number {
  let least = Infinity;
  for (let i = 0; i < repetitions; i++) {
    const began = performance.now();
    call();
    least = Math.min(least, performance.now() - began);
  }
  return least;
}

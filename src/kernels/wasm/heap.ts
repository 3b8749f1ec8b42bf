import { StateError } from '../../errors.ts';

/** Addresses are multiples of a cache line. */
const line = 128;

interface Gap {
  at: number;
  size: number;
}

/**
 * Hands out pieces of one growing memory: the first gap that is large enough, in order of addresses. Weights come first
 * and stay; what a forward pass takes and gives back behind them leaves a few gaps, which the next token fills again.
 *
 * Errors    StateError where `grow` refuses
 */
export class Heap {
  /** In order of addresses, never two side by side. */
  readonly #gaps: Gap[] = [];
  readonly #grow: (end: number) => boolean;
  /** Everything from here on has never been used. */
  #top: number;

  /** `begin`: the first address that is free; `grow` makes the memory reach up to an address. */
  constructor(begin: number, grow: (end: number) => boolean) {
    this.#top = roundUp(begin);
    this.#grow = grow;
  }

  /** First address that was never used. */
  get top(): number {
    return this.#top;
  }

  alloc(bytes: number): number {
    const size = sizeFor(bytes);
    const gaps = this.#gaps;
    for (let i = 0; i < gaps.length; i++) {
      const gap = gaps[i];
      if (gap.size < size) continue;
      const { at } = gap;
      gap.at += size;
      gap.size -= size;
      if (gap.size === 0) gaps.splice(i, 1);
      return at;
    }
    const at = this.#top;
    if (!this.#grow(at + size)) {
      throw new StateError(`the memory of WebAssembly is full: ${at} bytes are taken, ${bytes} more were asked for`, {
        op: 'alloc',
        got: bytes,
        hint: "a smaller batch, dispose() of what is not needed, or dtype: 'bf16'",
      });
    }
    this.#top = at + size;
    return at;
  }

  /** Gives back what `alloc(bytes)` gave. */
  free(at: number, bytes: number): void {
    const gaps = this.#gaps;
    let [low, high] = [0, gaps.length]; // gaps before `low` lie before `at`
    while (low < high) {
      const middle = (low + high) >> 1;
      if (gaps[middle].at < at) low = middle + 1;
      else high = middle;
    }
    const gap: Gap = { at, size: sizeFor(bytes) };
    const [before, after] = [gaps[low - 1], gaps[low]];
    const joinsBefore = before !== undefined && before.at + before.size === at;
    const joinsAfter = after !== undefined && at + gap.size === after.at;
    if (joinsAfter) gap.size += after.size;
    if (joinsBefore) before.size += gap.size;
    if (joinsBefore && joinsAfter) gaps.splice(low, 1);
    else if (joinsAfter) gaps[low] = gap;
    else if (!joinsBefore) gaps.splice(low, 0, gap);
  }
}

/** Even nothing has an address of its own. */
function sizeFor(bytes: number): number {
  return Math.max(line, roundUp(bytes));
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / line) * line;
}

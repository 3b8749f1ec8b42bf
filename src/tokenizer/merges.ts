import { FormatError, show } from '../errors.ts';
import { MinHeap } from './min-heap.ts';

/** Two pieces that become one. */
export type Merge = readonly [left: string, right: string];

/** A candidate is rank · POSITIONS + position: exact in a double while there are at most 2²² ranks. */
const POSITIONS = 2 ** 31;
const MAX_MERGES = 2 ** 22;

/**
 * The merges of a byte-pair encoding, best first: of all neighbouring pairs the one with the lowest rank becomes one
 * symbol, the leftmost of equals first, until no pair has a rank.
 *
 * Errors    FormatError a merge of or into an unknown piece, a pair with two ranks, more than 2²² merges
 * Source    Sennrich, Haddow & Birch 2016 (arXiv 1508.07909), algorithm 1
 */
export class Merges {
  readonly #rankOf = new Map<number, number>();
  /** The symbol each rank makes. */
  readonly #result: Int32Array;
  readonly #vocabSize: number;

  constructor(
    vocab: ReadonlyMap<string, number>,
    vocabSize: number,
    merges: readonly Merge[],
    place: (rank: number) => string,
  ) {
    if (merges.length > MAX_MERGES)
      throw new FormatError(`there must be at most 2²² merges, got ${merges.length}`, { where: place(MAX_MERGES) });
    this.#vocabSize = vocabSize;
    this.#result = new Int32Array(merges.length);
    merges.forEach(([left, right], rank) => {
      const idOf = (piece: string): number => vocab.get(piece) ?? unknownPiece(left, right, piece, place(rank));
      const a = idOf(left);
      const b = idOf(right);
      const earlier = this.#rank(a, b);
      if (earlier >= 0)
        throw new FormatError(`the merge ${show(left)} + ${show(right)} must stand once, see ${place(earlier)}`, {
          where: place(rank),
        });
      this.#rankOf.set(a * vocabSize + b, rank);
      this.#result[rank] = idOf(left + right);
    });
  }

  #rank(left: number, right: number): number {
    return this.#rankOf.get(left * this.#vocabSize + right) ?? -1;
  }

  /** Merges symbols[0, n) in place and gives how many are left; O(n log n). */
  apply(symbols: Int32Array, n: number): number {
    if (n < 2) return n;
    const next = new Int32Array(n);
    const previous = new Int32Array(n);
    /** Rank of the symbol here with the next one; what the heap says is stale where it differs. */
    const rankAt = new Int32Array(n).fill(-1);
    // Each merge takes one candidate out and puts at most two in.
    const candidates = new MinHeap(2 * n);
    const offer = (at: number) => {
      const rank = next[at] < n ? this.#rank(symbols[at], symbols[next[at]]) : -1;
      rankAt[at] = rank;
      if (rank >= 0) candidates.push(rank * POSITIONS + at);
    };
    for (let at = 0; at < n; at++) {
      next[at] = at + 1;
      previous[at] = at - 1;
      offer(at);
    }
    while (candidates.size > 0) {
      const best = candidates.pop();
      const rank = Math.floor(best / POSITIONS);
      const at = best - rank * POSITIONS;
      if (rankAt[at] !== rank) continue;
      const gone = next[at];
      symbols[at] = this.#result[rank];
      rankAt[gone] = -1;
      next[at] = next[gone];
      if (next[at] < n) previous[next[at]] = at;
      offer(at);
      if (at > 0) offer(previous[at]);
    }
    let left = 0;
    for (let at = 0; at < n; at = next[at]) symbols[left++] = symbols[at];
    return left;
  }
}

function unknownPiece(left: string, right: string, piece: string, where: string): never {
  throw new FormatError(`the merge ${show(left)} + ${show(right)} needs ${show(piece)} in the vocabulary`, {
    where,
    got: piece,
  });
}

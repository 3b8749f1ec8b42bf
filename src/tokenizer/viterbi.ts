import type { PieceTrie } from './piece-trie.ts';

/** A unigram language model: every piece has a log-probability, a text has the sum over its pieces. */
export interface UnigramModel {
  readonly trie: PieceTrie;
  /** By id. */
  readonly scores: Float32Array | Float64Array;
  /** What a character costs that is no piece by itself. */
  readonly unkScore: number;
  readonly unkId: number;
}

/** The pieces of a text from left to right: piece i is text.slice(ends[i - 1] ?? 0, ends[i]). */
export interface Segmentation {
  readonly ids: number[];
  readonly ends: number[];
}

/** SentencePiece subtracts large sums on the way, so that float32 keeps telling small scores apart. */
const RESET = 100_000;

/**
 * The best segmentation: maxₛ Σ score(sᵢ). best[e] = max over pieces [s, e) of best[s] + score; then walk back.
 * Among equal sums the one found first stays: the smaller start wins.
 *
 * Numerics  float32 scores: every sum is rounded to float32, as in SentencePiece; float64 scores: float64, as in tokenizers
 * Source    Kudo 2018 §3.2; the unknown character's penalty and the order of ties as in both libraries
 */
export function segment(text: string, model: UnigramModel): Segmentation {
  const { trie, scores, unkScore, unkId } = model;
  const single = scores instanceof Float32Array;
  const n = text.length;
  const best = single ? new Float32Array(n + 1) : new Float64Array(n + 1);
  const from = new Int32Array(n + 1).fill(-1);
  const id = new Int32Array(n + 1);
  let frontier = 0;

  for (let start = 0; start < n; ) {
    if (single && Math.abs(best[start]) > RESET) lower(best, from, start, frontier);
    const here = best[start];
    const next = start + (isPair(text, start) ? 2 : 1);
    let alone = false;
    for (let end = start, node = 0; end < n; ) {
      node = trie.step(node, text.charCodeAt(end++));
      if (node === 0) break;
      const piece = trie.idAt(node);
      if (piece < 0) continue;
      if (end > frontier) frontier = end;
      const sum = single ? Math.fround(here + scores[piece]) : here + scores[piece];
      if (from[end] === -1 || sum > best[end]) {
        best[end] = sum;
        from[end] = start;
        id[end] = piece;
      }
      if (end === next) alone = true;
    }
    if (!alone) {
      if (next > frontier) frontier = next;
      const sum = single ? Math.fround(here + unkScore) : here + unkScore;
      if (from[next] === -1 || sum > best[next]) {
        best[next] = sum;
        from[next] = start;
        id[next] = unkId;
      }
    }
    start = next;
  }

  const ids: number[] = [];
  const ends: number[] = [];
  for (let end = n; end > 0; end = from[end]) {
    ids.push(id[end]);
    ends.push(end);
  }
  return { ids: ids.reverse(), ends: ends.reverse() };
}

/** All sums still in use, less the sum at `start`. */
function lower(best: Float32Array | Float64Array, from: Int32Array, start: number, frontier: number): void {
  const by = best[start];
  for (let i = start; i <= frontier; i++) if (i === start || from[i] !== -1) best[i] -= by;
}

function isPair(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit <= 0xdbff && at + 1 < text.length;
}

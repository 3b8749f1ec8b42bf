import { NumericError } from '../errors.ts';
import { largest } from './largest.ts';
import type { Random } from './random.ts';

/**
 * The best token; of equal ones the first.
 *
 * Errors    NumericError when every token is at −∞
 */
export function best(scores: Float32Array): number {
  let at = 0;
  for (let i = 1; i < scores.length; i++) if (scores[i] > scores[at]) at = i;
  if (scores[at] === -Infinity) throw nothingAllowed();
  return at;
}

/**
 * The token on which the coin falls: probabilities stand side by side on [0, 1) in the order of the ids, and the coin
 * is a point there.
 *
 * Shapes    scores [V] → id
 * Units     scores in natural log, any offset; coin in [0, 1)
 * Numerics  softmax and sums in float64; a token at −∞ is never drawn
 * Errors    NumericError when every token is at −∞
 */
export function draw(scores: Float32Array, coin: number): number {
  return fall(weightsOf(scores), coin);
}

/** k different ids, each drawn like `draw` from what the draws before left; when no probability is left, by score. */
export function drawDistinct(scores: Float32Array, k: number, random: Random): Int32Array {
  const weights = weightsOf(scores);
  const drawn = new Set<number>();
  while (drawn.size < Math.min(k, scores.length) && weights.some((w) => w > 0)) {
    const id = fall(weights, random.coin());
    drawn.add(id);
    weights[id] = 0;
  }
  for (const id of largest(scores, k)) if (drawn.size < k) drawn.add(id);
  return Int32Array.from(drawn);
}

/** Probabilities [V] in float64, up to a common factor. */
function weightsOf(scores: Float32Array): Float64Array {
  const max = scores[best(scores)];
  const weights = new Float64Array(scores.length);
  for (let i = 0; i < scores.length; i++) weights[i] = Math.exp(scores[i] - max);
  return weights;
}

function fall(weights: Float64Array, coin: number): number {
  let total = 0;
  for (const w of weights) total += w;
  const point = coin * total;
  let last = 0;
  for (let i = 0, sum = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    last = i;
    sum += weights[i];
    if (sum > point) break;
  }
  return last;
}

/** log of the softmax, in place on one row; float64 inside, one rounding. */
export function logSoftmax(scores: Float32Array): void {
  const log = logTotal(scores);
  for (let i = 0; i < scores.length; i++) scores[i] -= log;
}

/** log Σ exp scores, in float64. */
export function logTotal(scores: Float32Array): number {
  const max = scores[best(scores)];
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - max);
  return max + Math.log(sum);
}

function nothingAllowed(): NumericError {
  return new NumericError('every token is at −∞: nothing may be chosen', {
    op: 'generate',
    hint: 'the options together forbid the whole vocabulary',
  });
}

/** Probabilities of all rows, joined: [rows V]. */
export function probabilities(rows: readonly Float32Array[]): Float32Array {
  const V = rows[0].length;
  const all = new Float32Array(rows.length * V);
  for (const [row, scores] of rows.entries()) {
    const log = logTotal(scores);
    for (let i = 0; i < V; i++) all[row * V + i] = Math.exp(scores[i] - log);
  }
  return all;
}

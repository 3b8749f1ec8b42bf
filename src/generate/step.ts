import { NumericError } from '../errors.ts';
import { logSoftmax } from '../kernels/log-softmax.ts';
import { topK } from '../kernels/top-k.ts';
import { type Run, unobserved } from '../models/run.ts';
import type { Dtype, HostArray } from '../tensor/dtype.ts';
import { scope } from '../tensor/scope.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { upload } from '../tensor/upload.ts';
import type { Chain } from './processors/chain.ts';
import { processAll } from './processors/processor.ts';
import type { Session } from './session.ts';

/**
 * The logits of all rows, copied out of the session: one array, seen as rows.
 *
 * Errors    NumericError where a logit is NaN or +∞: such a row has no next token
 */
export async function readRows(session: Session): Promise<Float32Array[]> {
  const flat = await session.logits.readFloats(); // [rows V]
  const V = session.vocabSize;
  checkRows(flat, V);
  return Array.from({ length: session.rows }, (_, row) => flat.subarray(row * V, (row + 1) * V));
}

export function checkRows(flat: Float32Array, width: number): void {
  for (let i = 0; i < flat.length; i++) {
    if (flat[i] < Infinity) continue;
    throw new NumericError(`the logit of token ${i % width} in row ${Math.floor(i / width)} is ${flat[i]}`, {
      op: 'generate',
      got: flat[i],
    });
  }
}

/**
 * The best token of each row, found where the logits lie, so that the ids alone are read, and their log-probabilities if
 * somebody wants them. Undefined where a row has no finite best: `readRows` says why.
 */
export async function bestTokens(
  { logits }: Session,
  withLogprobs: boolean,
): Promise<{ choice: number[]; logprobs?: Float32Array } | undefined> {
  const best = bestOf(logits);
  if (best === undefined) return undefined;
  const [most, ids] = [await best.values.readFloats(), await best.indices.read()];
  best.values.dispose();
  best.indices.dispose();
  if (!most.every(Number.isFinite)) return undefined;
  const choice = Array.from(ids, Number);
  if (!withLogprobs) return { choice };
  const values = scope(() => topK(logSoftmax(logits), 1).values); // the best keeps the largest, however both are rounded
  const logprobs = await values.readFloats();
  values.dispose();
  return { choice, logprobs };
}

function bestOf(logits: Tensor): ReturnType<typeof topK> | undefined {
  try {
    return topK(logits, 1);
  } catch (error) {
    if (error instanceof NumericError) return undefined; // NaN
    throw error;
  }
}

/** A row as its processors see it. */
export interface Row {
  readonly chain: Chain;
  readonly tokens: ArrayLike<number>;
}

/** Runs every row's processors on its scores, in place. Offers `scaled` and `kept` [rows V]. */
export function processRows(rows: readonly Row[], scores: readonly Float32Array[], session: Session, run: Run): void {
  for (const [i, { chain, tokens }] of rows.entries()) processAll(chain.scale, tokens, scores[i]);
  offer(run, 'scaled', session, () => joined(scores));
  for (const [i, { chain, tokens }] of rows.entries()) processAll(chain.cut, tokens, scores[i]);
  offer(run, 'kept', session, () => joined(scores));
}

/** Offers numbers of all rows, [rows] or [rows V]; made only where an observer wants them. */
export function offer(run: Run, name: string, session: Session, make: () => Float32Array): void {
  scope(() => run.derive(name, () => onBackend(session, make(), 'F32')));
}

/** Offers the ids about to be taken, `choice` [rows]; an observer may put others in their place. */
export async function offerChoice(run: Run, session: Session, choice: Int32Array): Promise<ArrayLike<number>> {
  if (run === unobserved) return choice;
  const made = onBackend(session, choice.slice(), 'I32');
  let ids: number[];
  try {
    ids = Array.from(await run.tap('choice', made).read(), Number);
  } finally {
    made.dispose();
  }
  const bad = ids.find((id) => !(id >= 0 && id < session.vocabSize));
  if (bad !== undefined) {
    throw new NumericError(`tap "sample.choice" was given ${bad}; ids are in [0, ${session.vocabSize})`, {
      op: 'generate',
      got: bad,
    });
  }
  return ids;
}

function onBackend({ logits, rows }: Session, data: HostArray, dtype: Dtype): Tensor {
  return upload(logits.backend, data, { dtype, shape: data.length === rows ? [rows] : [rows, data.length / rows] });
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(rows.length * rows[0].length);
  for (const [i, row] of rows.entries()) all.set(row, i * row.length);
  return all;
}

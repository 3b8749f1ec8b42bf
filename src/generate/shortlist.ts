import { logSoftmax } from '../kernels/log-softmax.ts';
import { topK } from '../kernels/top-k.ts';
import { unobserved } from '../models/run.ts';
import { scope } from '../tensor/scope.ts';
import { eosIds } from './eos.ts';
import type { Request } from './request.ts';
import type { Session } from './session.ts';
import { checkRows } from './step.ts';

/**
 * How many of its best tokens decide a row's next one; undefined where all count, or where reading all costs nothing, because
 * the logits lie in this memory.
 *
 * Greedily the best decides; drawing, the k of "top_k", and one more that shows whether something equals the last of them.
 * End tokens that may not come yet are so many more.
 */
export function shortlistOf({ session, options, run }: Request): number | undefined {
  const { output_scores, output_logits, repetition_penalty, do_sample, top_k, min_length, min_new_tokens } = options;
  if (output_scores || output_logits || run !== unobserved || repetition_penalty !== 1) return undefined;
  if (do_sample && top_k === 0) return undefined;
  const { logits, vocabSize } = session;
  if (logits.backend.peek(logits.storage, logits) !== undefined) return undefined;
  const barred = min_length > 0 || min_new_tokens > 0 ? eosIds(options).length : 0;
  const count = barred + (do_sample ? top_k + 1 : 1);
  return count < vocabSize ? count : undefined;
}

/**
 * Log-probabilities of the `count` best tokens of every row, all other tokens at −∞; undefined where a row goes on behind the
 * last of them with an equal one.
 *
 * Errors    NumericError where a logit is NaN or +∞: then no log-probability is a number
 */
export async function readShortlist(session: Session, count: number): Promise<Float32Array[] | undefined> {
  const best = scope(() => topK(logSoftmax(session.logits), count));
  const [values, ids] = await Promise.all([best.values.readFloats(), best.indices.read()]);
  best.values.dispose();
  best.indices.dispose();
  checkRows(values, count);
  if (count > 1 && values.some((value, i) => i % count === count - 1 && value === values[i - 1])) return undefined;
  return Array.from({ length: session.rows }, (_, row) => {
    const scores = new Float32Array(session.vocabSize).fill(-Infinity);
    for (let i = row * count; i < (row + 1) * count; i++) scores[Number(ids[i])] = values[i];
    return scores;
  });
}

import { unobserved } from '../models/run.ts';
import { eosIds, padId } from './eos.ts';
import { type Chain, chainFor, changes } from './processors/chain.ts';
import { type Random, random } from './random.ts';
import type { FinishReason, Request } from './request.ts';
import { best, draw, probabilities } from './sample.ts';
import { readShortlist, shortlistOf } from './shortlist.ts';
import { bestTokens, offer, offerChoice, processRows, readRows } from './step.ts';

/** What one row got in one step. */
export interface Written {
  readonly row: number;
  readonly token: number;
  /** Said in the step that ends the row. */
  readonly reason?: FinishReason;
  /** The row had ended before; the token only fills it. */
  readonly filler: boolean;
  /** As the model gave them, or log-probabilities; the scores unless the request keeps logits. Empty where nobody looks. */
  readonly logits: Float32Array;
  /** Natural log of the probability that the model gave the token, where it is known already. */
  readonly logprob?: number;
  readonly scores: Float32Array;
}

interface Line {
  readonly row: number;
  readonly chain: Chain;
  readonly random: Random;
  readonly tokens: number[];
  ended: boolean;
}

/**
 * One token a row and step, the best (greedy) or a drawn one, until every row has ended. Gives each step as it is made.
 *
 * Rows do not depend on each other: each has its own random stream. A row that has ended is filled with pads, and the
 * model reads them, as long as somebody looks at the scores; otherwise it leaves the batch when half of it has ended.
 *
 * Source    transformers v5, `_sample`
 */
export async function* decode(request: Request): AsyncGenerator<Written[], void> {
  const { session, prompt, options, limit, seed, run, turn, prefilled, keep } = request;
  const copies = options.num_return_sequences;
  const eos = new Set(eosIds(options));
  const pad = padId(options);
  const stays = options.output_scores || options.output_logits || run !== unobserved;
  const rows = prompt.ids.length * copies;
  if (copies > 1) session.reorder(Array.from({ length: rows }, (_, row) => Math.floor(row / copies)));
  let lines: Line[] = Array.from({ length: rows }, (_, row) => {
    const from = Math.floor(row / copies);
    return {
      row,
      chain: chainFor(options, prompt, from),
      random: random(seed, row),
      tokens: [...prompt.ids[from]],
      ended: false,
    };
  });
  const shortlist = shortlistOf(request);
  const keepsLogits = keep === 'logits';
  const looksAtScores =
    shortlist !== undefined || stays || keepsLogits || options.do_sample || lines.some(({ chain }) => changes(chain));
  for (let step = 1; ; step++) {
    await turn();
    const choices = (looksAtScores ? undefined : await theBest(request)) ?? (await byScores(lines, request, shortlist));
    if (step === 1) prefilled();
    const { choice, logits, logprobs, scores } = choices;
    yield lines.map((line, i) => {
      const filler = line.ended;
      const token = filler ? pad : choice[i];
      const stop = !filler && eos.has(token);
      const reason = stop ? 'stop' : !filler && step === limit ? 'length' : undefined;
      line.tokens.push(token);
      line.ended ||= reason !== undefined;
      const [ownLogits, ownScores] = [logits[i] ?? none, scores[i] ?? none];
      return { row: line.row, token, reason, filler, logits: ownLogits, logprob: logprobs?.[i], scores: ownScores };
    });
    if (lines.every(({ ended }) => ended)) return;
    const open = lines.flatMap(({ ended }, i) => (ended ? [] : [i]));
    if (!stays && 2 * open.length <= lines.length) {
      session.reorder(open);
      lines = open.map((i) => lines[i]);
    }
    session.next(lines.map(({ tokens }) => tokens[tokens.length - 1]));
  }
}

/** The next token of every row, and what it was chosen by. */
interface Choices {
  readonly choice: ArrayLike<number>;
  readonly logits: readonly Float32Array[];
  readonly logprobs?: ArrayLike<number>;
  readonly scores: readonly Float32Array[];
}

const none = new Float32Array();

/** Greedy decoding without anything between: the logits stay where they are. */
async function theBest({ session, keep }: Request): Promise<Choices | undefined> {
  const best = await bestTokens(session, keep === 'logprobs');
  return best && { ...best, logits: [], scores: [] };
}

async function byScores(lines: readonly Line[], request: Request, shortlist?: number): Promise<Choices> {
  const { session, run, keep } = request;
  const short = shortlist === undefined ? undefined : await readShortlist(session, shortlist);
  const logits = short ?? (await readRows(session));
  const scores = keep === undefined ? logits : logits.map((row) => row.slice());
  processRows(lines, scores, session, run);
  const choice = await choose(lines, scores, request);
  const logprobs = short?.map((row, i) => row[choice[i]]); // such are those of a shortlist
  return { choice, logits, logprobs, scores };
}

async function choose(
  lines: readonly Line[],
  scores: readonly Float32Array[],
  { session, options, run }: Request,
): Promise<ArrayLike<number>> {
  const coins = options.do_sample ? lines.map(({ random }) => random.coin()) : undefined;
  offer(run, 'probs', session, () => probabilities(scores));
  if (coins !== undefined) offer(run, 'coin', session, () => Float32Array.from(coins));
  const choice = Int32Array.from(scores, (row, i) => (coins === undefined ? best(row) : draw(row, coins[i])));
  return offerChoice(run, session, choice);
}

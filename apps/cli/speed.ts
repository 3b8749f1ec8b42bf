/** How fast a model reads and writes on this machine. */
import { type Fusion, GPT2LMHeadModel, LlmToSlm, OptionError } from '../../src/index.node.ts';
import { signal } from './interrupt.ts';
import type { Writing } from './writer.ts';

/** Tokens that are read, as far as the model has positions for them, and tokens that are written behind 16. */
const lengths = [16, 128];
const written = 64;

/** Calls that are timed, behind one that compiles the engine's loops. */
export const timedCalls = 5;

export interface Speed {
  /** Time until the logits behind a prompt are there. */
  readonly prefill: readonly { readonly tokens: number; readonly ms: number }[];
  /** Time of each further token, one prompt at once. */
  readonly ms_per_token: number;
}

/**
 * Medians of calls with random ids; what is written means nothing.
 *
 * Errors    OptionError a model with too few positions to be measured
 */
export async function speedOf(model: Writing, fusion?: Fusion): Promise<Speed> {
  const room = positionsOf(model);
  if (room < lengths[0] + 2) {
    throw new OptionError(`the model has ${room} positions, and the shortest measurement takes ${lengths[0] + 2}`);
  }
  const run = (tokens: number, max_new_tokens: number) =>
    model.generate({
      input_ids: [idsOf(tokens, vocabularyOf(model))],
      ...(fusion && { fusion }),
      ...{ max_new_tokens, do_sample: false, num_beams: 1, eos_token_id: null, pad_token_id: 0, signal },
    });
  const prefill = [];
  for (const tokens of lengths.filter((length) => length < room)) {
    const ms = await medianOf(async () => {
      const { encode_ms, prefill_ms } = (await run(tokens, 1)).timings;
      return encode_ms + prefill_ms;
    });
    prefill.push({ tokens, ms });
  }
  const count = Math.min(written, room - lengths[0]);
  return { prefill, ms_per_token: await medianOf(async () => (await run(lengths[0], count)).timings.ms_per_token) };
}

async function medianOf(figure: () => Promise<number>): Promise<number> {
  await figure();
  const figures: number[] = [];
  while (figures.length < timedCalls) figures.push(await figure());
  return figures.sort((a, b) => a - b)[timedCalls >> 1];
}

/** T5 counts distances, so it has room for any length. */
function positionsOf(model: Writing): number {
  const writer = model instanceof LlmToSlm ? model.slm : model;
  return writer instanceof GPT2LMHeadModel ? writer.config.nCtx : Number.POSITIVE_INFINITY;
}

const vocabularyOf = (model: Writing): number => (model instanceof LlmToSlm ? model.llm : model).config.vocabSize;

/** Ids all over the vocabulary, the same every time. */
const idsOf = (count: number, vocabSize: number): number[] =>
  Array.from({ length: count }, (_, i) => (7919 * (i + 1)) % vocabSize);

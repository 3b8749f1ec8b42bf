import { join } from 'node:path';
import { AutoModel, AutoTokenizer, LlmToSlm, T5EncoderModel } from '../../src/index.node.ts';
import { signal } from './interrupt.ts';
import { type Answer, answerText, type Writer } from './writer.ts';

/** Who writes: folder of the family → what it is. */
export const contestants = {
  llm: 'LLM alone',
  slm: 'SLM alone',
  hybrid: 'hybrid',
} as const;
export type Contestant = keyof typeof contestants;
export const names: readonly Contestant[] = ['llm', 'slm', 'hybrid'];

/** One prompt, and what each made of it. */
export interface Round {
  readonly prompt: string;
  readonly answers: Readonly<Record<Contestant, Answer>>;
}

/** The longest answer of a family that was trained on sentences of at most 14 words. */
const options = { max_new_tokens: 48 };

/** The writers of a family of models. */
export async function loadFamily(folder: string): Promise<Readonly<Record<Contestant, Writer>>> {
  const [llm, slm, hybrid] = await Promise.all(names.map((name) => load(join(folder, name))));
  return { llm, slm, hybrid };
}

/**
 * Every prompt answered by every writer, twice: the first time compiles the engine's loops, and only the second is told.
 * One after the other, so that nothing else runs while a writer is timed.
 */
export async function compete(
  family: Readonly<Record<Contestant, Writer>>,
  prompts: readonly string[],
): Promise<Round[]> {
  const byName = new Map<Contestant, Answer[]>();
  for (const name of names) {
    for (const prompt of prompts) await answerText(family[name], prompt);
    const answers: Answer[] = [];
    for (const prompt of prompts) answers.push(await answerText(family[name], prompt));
    byName.set(name, answers);
  }
  const of = (name: Contestant, i: number): Answer => byName.get(name)![i];
  return prompts.map((prompt, i) => ({
    prompt,
    answers: { llm: of('llm', i), slm: of('slm', i), hybrid: of('hybrid', i) },
  }));
}

/** Mean times of one writer, in milliseconds. */
export interface Times {
  readonly encode: number;
  readonly prefill: number;
  readonly token: number;
  readonly sentence: number;
}

export function timesOf(answers: readonly Answer[]): Times {
  const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
  const times = answers.map(({ timings }) => timings);
  return {
    encode: mean(times.map(({ encode_ms }) => encode_ms)),
    prefill: mean(times.map(({ prefill_ms }) => prefill_ms)),
    token: mean(times.map(({ ms_per_token }) => ms_per_token)),
    sentence: mean(times.map(({ encode_ms, prefill_ms, decode_ms }) => encode_ms + prefill_ms + decode_ms)),
  };
}

async function load(folder: string): Promise<Writer> {
  const began = performance.now();
  const model = await AutoModel.from_pretrained(folder, { signal });
  if (model instanceof T5EncoderModel) throw new TypeError(`${folder} holds an encoder alone`);
  const tokenizer = model instanceof LlmToSlm ? undefined : await AutoTokenizer.from_pretrained(folder, { signal });
  return { model, tokenizer, options, load_ms: performance.now() - began, dtype: 'f32' };
}

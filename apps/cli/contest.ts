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

/** Runs that are timed, behind one that compiles the engine's loops. */
export const timedRuns = 5;

/** Every prompt answered by every writer, again and again and in turn; what is told is the run of median time. */
export async function compete(
  family: Readonly<Record<Contestant, Writer>>,
  prompts: readonly string[],
): Promise<Round[]> {
  const rounds: Round[] = [];
  const runs = prompts.map((): Record<Contestant, Answer[]> => ({ llm: [], slm: [], hybrid: [] }));
  for (let run = 0; run <= timedRuns; run++) {
    for (const [i, prompt] of prompts.entries()) {
      for (const name of names) {
        const answer = await answerText(family[name], prompt);
        if (run > 0) runs[i][name].push(answer);
      }
    }
  }
  for (const [i, prompt] of prompts.entries()) {
    const { llm, slm, hybrid } = runs[i];
    rounds.push({ prompt, answers: { llm: median(llm), slm: median(slm), hybrid: median(hybrid) } });
  }
  return rounds;
}

const totalOf = ({ timings: { encode_ms, prefill_ms, decode_ms } }: Answer): number =>
  encode_ms + prefill_ms + decode_ms;

function median(answers: readonly Answer[]): Answer {
  return answers.toSorted((a, b) => totalOf(a) - totalOf(b))[answers.length >> 1];
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
    sentence: mean(answers.map(totalOf)),
  };
}

async function load(folder: string): Promise<Writer> {
  const began = performance.now();
  const model = await AutoModel.from_pretrained(folder, { signal });
  if (model instanceof T5EncoderModel) throw new TypeError(`${folder} holds an encoder alone`);
  const tokenizer = model instanceof LlmToSlm ? undefined : await AutoTokenizer.from_pretrained(folder, { signal });
  return { model, tokenizer, options, load_ms: performance.now() - began, dtype: 'f32' };
}

/** Kinds `gen-*`: ids, beams, scores and logits that `generate` gives for the options of each case. */
import { expect, it } from 'vitest';
import { AutoTokenizer } from '../../src/pretrained/tokenizers.ts';
import { type GenCase, type GenGolden, runGenCase } from '../generate/gen-case.ts';
import { writerOf } from '../generate/gen-models.ts';
import { goldenTensors, readGolden } from '../generate/goldens.ts';
import type { Tally } from './compare.ts';
import { unlessNotOffered } from './options.ts';
import type { GoldenFolder } from './walk.ts';

/** With prompts as text, and what was written as text. */
interface TextCase extends GenCase {
  readonly prompts: string[];
  readonly text: string[];
}

export function gen({ path }: GoldenFolder, tally: Tally): void {
  const golden = readGolden<GenGolden>(path);
  const writer = writerOf(path);
  const tensors = goldenTensors(path);
  for (const wanted of golden.cases) {
    const asked = ['assistant_model', ...Object.keys(wanted.options)];
    it(wanted.name, (context) =>
      unlessNotOffered(context, tally, asked, async () =>
        runGenCase(await writer, wanted, golden, await tensors, tally),
      ),
    );
  }
}

/** The same, with the golden's tokenizer at both ends. */
export function genText(folder: GoldenFolder, tally: Tally): void {
  gen(folder, tally);
  const { cases, tokenizer: where } = readGolden<{ cases: TextCase[]; tokenizer: string }>(folder.path);
  it('prompts and answers as text', async () => {
    const tokenizer = await AutoTokenizer.from_pretrained(`${folder.path}/${where}`);
    for (const { prompts, text, input_ids, attention_mask, sequences, prompt_length } of cases) {
      const real = input_ids.map((row, b) => row.filter((_, t) => attention_mask[b][t] === 1));
      expect(prompts.map((prompt) => tokenizer.encode(prompt).ids)).toEqual(real);
      const written = sequences.map((row) => row.slice(prompt_length));
      expect(tokenizer.batch_decode(written, { skip_special_tokens: true })).toEqual(text);
      tally.comparisons += 2 * text.length;
    }
  });
}

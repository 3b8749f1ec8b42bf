/**
 * Checksums of every tap of four tiny models, on the reference backend. A change that is called a refactor leaves them
 * as they are; one that means to change numbers writes them anew (npx vitest run -u test/models/refactor-proof.test.ts)
 * and says so.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Observer } from '../../src/models/run.ts';
import { GPT2LMHeadModel } from '../../src/pretrained/gpt2-lm-head-model.ts';
import { LlmToSlm } from '../../src/pretrained/llm-to-slm.ts';
import { T5ForConditionalGeneration } from '../../src/pretrained/t5-for-conditional-generation.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';

/** Checksums are of the bits that are the specification. */
const reference = { backend: 'reference' } as const;
const prompt = {
  input_ids: [
    [0, 0, 5, 9, 60, 3],
    [7, 21, 4, 80, 33, 1],
  ],
  attention_mask: [
    [0, 0, 1, 1, 1, 1],
    [1, 1, 1, 1, 1, 1],
  ],
};
const answer = [
  [11, 50, 2],
  [8, 8, 31],
];

class Checksums implements Observer {
  readonly lines: string[] = [];

  tap(name: string, value: Tensor): undefined {
    const data = value.peek();
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.lines.push(`${createHash('sha256').update(bytes).digest('hex').slice(0, 16)} ${name} [${value.shape}]`);
  }
}

const goldens = 'test/goldens';

const passes: Readonly<Record<string, (observer: Observer) => Promise<unknown>>> = {
  'gpt2-basic': async (observer) =>
    (await GPT2LMHeadModel.from_pretrained(`${goldens}/gpt2/basic`, reference)).forward({ ...prompt, observer }),
  't5-v11': async (observer) =>
    (await T5ForConditionalGeneration.from_pretrained(`${goldens}/t5/v11`, reference)).forward({
      ...prompt,
      decoder_input_ids: answer,
      observer,
    }),
  'hybrid-gpt2-add': async (observer) =>
    (await LlmToSlm.from_pretrained(`${goldens}/hybrid/gpt2-add`, reference)).forward({
      ...prompt,
      labels: answer,
      observer,
    }),
  'hybrid-t5-add': async (observer) =>
    (await LlmToSlm.from_pretrained(`${goldens}/hybrid/t5-add`, reference)).forward({
      ...prompt,
      labels: answer,
      observer,
    }),
};

describe('refactor proof', () => {
  it.each(Object.keys(passes))('every tap of %s has the bits it had', async (name) => {
    const checksums = new Checksums();
    await passes[name](checksums);
    await expect(`${checksums.lines.join('\n')}\n`).toMatchFileSnapshot(`checksums/${name}.txt`);
  });
});

/** Checkpoints of other people, as they published them, load and write. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AutoModel } from '../../src/pretrained/auto-model.ts';
import { T5EncoderModel } from '../../src/pretrained/t5-encoder-model.ts';
import { placed } from '../placed.ts';

const root = '../shared/data/models';
const folders = existsSync(root) ? readdirSync(root) : [];

describe.skipIf(folders.length === 0)(`published checkpoints in ${root} (skipped where absent)`, () => {
  it.each(folders)('%s', async (folder) => {
    const model = await AutoModel.from_pretrained(join(root, folder), placed);
    if (model instanceof T5EncoderModel) return expect.fail('an encoder cannot write');
    const prompt = { input_ids: [[5, 6, 7, 8]] };
    const greedy = await model.generate({ ...prompt, max_new_tokens: 8, output_logits: true });
    expect(greedy.logits?.flat().every((row) => row.every(Number.isFinite))).toBe(true);
    const beams = await model.generate({ ...prompt, max_new_tokens: 8, num_beams: 3, num_return_sequences: 3 });
    expect(beams.sequences).toHaveLength(3);
    expect([...(beams.sequences_scores ?? [])].sort((a, b) => b - a)).toEqual(beams.sequences_scores);
    model.dispose();
  });
});

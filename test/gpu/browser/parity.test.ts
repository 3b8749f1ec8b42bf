/** Every golden of a model, on the mode of the project: logits and hidden states within their bounds, ids and beams equal. */
import { afterAll, describe, expect, it } from 'vitest';
import { readGolden } from '../../generate/goldens.ts';
import { Tally, table } from '../../parity/compare.ts';
import { gen } from '../../parity/gen.ts';
import { gpt2 } from '../../parity/gpt2.ts';
import { hybrid } from '../../parity/hybrid.ts';
import { t5, t5Encoder } from '../../parity/t5.ts';
import type { Golden, GoldenFolder } from '../../parity/walk.ts';
import { placed } from '../../placed.ts';

const kinds: Readonly<Record<string, (folder: GoldenFolder, tally: Tally) => void>> = {
  gpt2,
  t5,
  't5-encoder': t5Encoder,
  'hybrid-gpt2': hybrid,
  'hybrid-t5': hybrid,
  'gen-gpt2': gen,
  'gen-t5': gen,
  'gen-hybrid-gpt2': gen,
  'gen-hybrid-t5': gen,
};
const root = process.env.BATON_GOLDEN_ROOT ?? '';
const names = (process.env.BATON_GOLDEN_NAMES ?? '').split(',');
const tallies = new Map<string, Tally>();

describe(`Hugging Face, on ${process.env.BATON_BACKEND}`, () => {
  it('runs where it says', () => {
    if (typeof placed.backend !== 'object') throw new Error('no backend of gpu.js');
    expect(`gpu:${placed.backend.info.mode}`).toBe(process.env.BATON_BACKEND);
  });

  for (const name of names) {
    const path = `${location.origin}/@fs${root}/${name}`;
    const golden = readGolden<Golden>(path);
    const run = kinds[golden.kind ?? name];
    if (run === undefined) continue;
    const tally = new Tally();
    tallies.set(name, tally);
    describe(name, () => run({ name, path, golden }, tally));
  }
  afterAll(() => console.info(table(tallies)));
});

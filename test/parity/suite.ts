/** Parity with Hugging Face: every golden below a root, by its kind. Nothing is passed over in silence. */
import { afterAll, describe, expect, it } from 'vitest';
import { buckets } from './buckets.ts';
import { Tally, table } from './compare.ts';
import { gen, genText } from './gen.ts';
import { gpt2 } from './gpt2.ts';
import { hybrid } from './hybrid.ts';
import { processors } from './processors.ts';
import { safetensors } from './safetensors.ts';
import { t5, t5Encoder } from './t5.ts';
import { byteLevelBpe, sentencepiece } from './tokenizers.ts';
import { type GoldenFolder, goldenFolders } from './walk.ts';

type Runner = (folder: GoldenFolder, tally: Tally) => void;

const runners: Readonly<Record<string, Runner>> = {
  gpt2,
  t5,
  't5-encoder': t5Encoder,
  'hybrid-gpt2': hybrid,
  'hybrid-t5': hybrid,
  'gen-gpt2': gen,
  'gen-t5': gen,
  'gen-hybrid-gpt2': gen,
  'gen-hybrid-t5': gen,
  'gen-gpt2-text': genText,
  't5-buckets': buckets,
  processors,
  safetensors,
  'byte-level-bpe': byteLevelBpe,
  'sentencepiece-unigram': sentencepiece,
};

/** What is known and not compared here, by kind or by folder, and why. */
const elsewhere: Readonly<Record<string, string>> = {
  'train-gpt2': 'not covered yet: training',
  'train-t5': 'not covered yet: training',
  'train-hybrid': 'not covered yet: training',
  metrics: 'not covered yet: metrics',
  'tokenizers/bpe-own': 'compared by test/tokenizer/bpe.test.ts',
  'tokenizers/unigram-own': 'compared by test/tokenizer/spiece.test.ts and unigram-json.test.ts',
};

/** Compares everything below `root` of the kinds that `only` takes, and prints what was compared. */
export function paritySuite(root: string, only: (kind: string) => boolean = () => true): void {
  const tallies = new Map<string, Tally | string>();
  const { folders, empty } = goldenFolders(root);
  it.each(empty)('%s has a golden.json', (name) => expect.fail(`${root}/${name} has none, nor has a folder in it`));
  for (const folder of folders) {
    const { kind = folder.name } = folder.golden;
    if (!only(kind)) continue;
    const why = elsewhere[kind];
    if (why !== undefined) {
      tallies.set(folder.name, why);
      it.skip(`${folder.name} is ${why}`);
      continue;
    }
    describe(folder.name, () => {
      const tally = new Tally();
      tallies.set(folder.name, tally);
      const run = runners[kind];
      if (run === undefined)
        it(`is of a known kind, not "${kind}"`, () => expect(Object.keys(runners)).toContain(kind));
      else run(folder, tally);
    });
  }
  afterAll(() => console.info(`${root}\n${table(tallies)}`));
}

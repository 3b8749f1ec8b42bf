/** Kind `processors`: each logits processor alone, and the chain that options make. */
import { it } from 'vitest';
import { goldenTensors, readGolden } from '../generate/goldens.ts';
import { type ProcessorGolden, runProcessorCase } from '../generate/processors/processor-case.ts';
import type { Tally } from './compare.ts';
import { unlessNotOffered } from './options.ts';
import type { GoldenFolder } from './walk.ts';

export function processors({ path }: GoldenFolder, tally: Tally): void {
  const golden = readGolden<ProcessorGolden>(path);
  const tensors = goldenTensors(path);
  for (const wanted of golden.cases) {
    const asked = [wanted.kind, ...Object.keys(wanted.args)];
    it(wanted.name, (context) =>
      unlessNotOffered(context, tally, asked, async () => {
        tally.comparisons += runProcessorCase(wanted, golden, await tensors);
      }),
    );
  }
}

/** Kind `safetensors`: files that open and files that must not. */
import { it } from 'vitest';
import { checkGoldenCase, goldenCases } from '../safetensors/golden-case.ts';
import type { Tally } from './compare.ts';
import type { GoldenFolder } from './walk.ts';

export function safetensors({ path }: GoldenFolder, tally: Tally): void {
  for (const golden of goldenCases(path)) {
    it(golden.name, async () => {
      tally.cases++;
      await checkGoldenCase(path, golden);
      const values = Object.values(golden.values ?? {}).reduce((sum, { length }) => sum + length, 0);
      tally.comparisons += 1 + values;
    });
  }
}

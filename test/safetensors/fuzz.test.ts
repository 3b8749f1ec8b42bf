import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../seed.ts';
import { checkFile, mutatedFile } from './fuzz.ts';

describe('a file changed at random', () => {
  it('is refused with a FormatError, or is a file whose contents are safe', async () => {
    const seen = { refused: 0, opened: 0 };
    await fc.assert(
      fc.asyncProperty(mutatedFile, async (bytes) => {
        seen[await checkFile(bytes)]++;
      }),
      runs(1500),
    );
    expect(seen.refused).toBeGreaterThan(0);
    expect(seen.opened).toBeGreaterThan(0);
  });
});

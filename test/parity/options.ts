import { expect, type TestContext } from 'vitest';
import { UnsupportedOptionError } from '../../src/errors.ts';
import type { Tally } from './compare.ts';

/** Runs a case; one of whose options `asked` is not offered is skipped, and counted under that option. */
export async function unlessNotOffered(
  context: TestContext,
  tally: Tally,
  asked: readonly string[],
  run: () => Promise<void>,
): Promise<void> {
  tally.cases++;
  try {
    await run();
  } catch (error) {
    if (!(error instanceof UnsupportedOptionError)) throw error;
    const option = /"(\w+)"/.exec(error.message)?.[1] ?? error.message;
    expect(asked).toContain(option);
    tally.skip(option);
    context.skip(`"${option}" is not offered`);
  }
}

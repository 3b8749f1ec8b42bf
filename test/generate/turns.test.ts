import { describe, expect, it } from 'vitest';
import { takingTurns } from '../../src/generate/turns.ts';

/** Whether a timer gets to run beside a loop that never stops of itself. */
async function timerRuns(): Promise<boolean> {
  const turn = takingTurns(undefined);
  const deadline = performance.now() + 2000;
  let fired = false;
  setTimeout(() => {
    fired = true;
  }, 1);
  while (!fired && performance.now() < deadline) await turn();
  return fired;
}

describe('takingTurns', () => {
  it('lets a timer run while a loop works', async () => {
    expect(await timerRuns()).toBe(true);
  });

  it('does the same where there is no setImmediate, as in a page', async () => {
    const { setImmediate } = globalThis;
    Reflect.deleteProperty(globalThis, 'setImmediate');
    try {
      expect(await timerRuns()).toBe(true);
    } finally {
      globalThis.setImmediate = setImmediate;
    }
  });

  it('rejects with the reason of the signal', async () => {
    const controller = new AbortController();
    const turn = takingTurns(controller.signal);
    await turn();
    controller.abort();
    await expect(turn()).rejects.toMatchObject({ name: 'AbortError' });
  });
});

import { describe, expect, it } from 'vitest';
import { takingTurns } from '../../src/generate/turns.ts';

describe('takingTurns', () => {
  it('lets a timer run while a loop works, and only then', async () => {
    const turn = takingTurns(undefined);
    let fired = false;
    setTimeout(() => {
      fired = true;
    }, 1);
    let turns = 0;
    for (; !fired && turns < 1e8; turns++) await turn();
    expect(fired).toBe(true);
  });

  it('does the same where there is no setImmediate, as in a page', async () => {
    const { setImmediate } = globalThis;
    Reflect.deleteProperty(globalThis, 'setImmediate');
    try {
      const turn = takingTurns(undefined);
      let fired = false;
      setTimeout(() => {
        fired = true;
      }, 1);
      while (!fired) await turn();
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

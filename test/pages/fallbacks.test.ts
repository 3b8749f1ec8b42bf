/** A page under any policy writes the same: with threads where memory may be shared, and else by what is left. */
import { describe, expect, it } from 'vitest';
import { AutoModel } from '../../src/index.node.ts';
import { inChromium, isolation, open, type Written, write, writeInWorker } from './site.ts';

inChromium();

const folder = 'weights/en-de/llm/';
const alone = { folder, options: { threads: 1 } };
const together = { folder, options: { threads: 2 } };
const loops = 'plain TypeScript loops in float64';
const strict = (more: string) => ({ 'content-security-policy': `default-src 'self'; connect-src 'self'; ${more}` });

/** What the page's one thread writes when nothing is forbidden. */
const plain = once(async (): Promise<Pick<Written, 'bits' | 'sequences'>> => {
  const { bits, sequences, info, isolated } = await write(await open({}), alone);
  expect([info.name, info.threads, info.notes, isolated]).toEqual(['wasm', 1, [], false]);
  return { bits, sequences };
});

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

describe('a page', () => {
  it.each([
    ['its own thread', write],
    ['a worker', writeInWorker],
  ])('that is isolated: in %s two threads work, and change no bit', async (_where, run) => {
    const page = await open(isolation);
    const { bits, sequences, info, byOthers, isolated } = await run(page, together);
    expect([isolated, info.name, info.threads, info.notes]).toEqual([true, 'wasm', 2, []]);
    expect(byOthers).toBeGreaterThan(0);
    expect({ bits, sequences }).toEqual(await plain());
    const ending = { timeout: 30_000, interval: 200 }; // Chromium leaves a sleeping thread two seconds
    await expect.poll(() => page.workers().length, ending).toBe(0); // with the model its threads end
    await page.close();
  });

  it('that is not isolated computes in one thread, and says why', async () => {
    const { info, byOthers, ...wrote } = await write(await open({}), together);
    expect(info).toMatchObject({ name: 'wasm', threads: 1 });
    expect(info.notes).toEqual([
      'one thread, because memory cannot be shared here: the page is not cross-origin isolated',
    ]);
    expect(byOthers).toBe(0);
    expect(wrote).toMatchObject(await plain());
  });

  it.each([
    ['its own thread', write],
    ['a worker', writeInWorker],
  ])('whose policy refuses workers from a blob computes in one thread, in %s, and says why', async (_where, run) => {
    const page = await open({ ...isolation, ...strict("script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'") });
    const { info, byOthers, isolated, ...wrote } = await run(page, together);
    expect([isolated, info.name, info.threads, byOthers]).toEqual([true, 'wasm', 1, 0]);
    expect(info.notes).toEqual([expect.stringMatching(/^no other thread could be started: .*Content-Security-Policy/)]);
    expect(wrote).toMatchObject(await plain());
  });

  it.each([
    ['its own thread', write],
    ['a worker', writeInWorker],
  ])('whose policy refuses WebAssembly runs the reference loops in %s, and says why', async (_where, run) => {
    const page = await open(strict("script-src 'self'"));
    const { info, sequences } = await run(page, alone);
    expect(info).toMatchObject({ name: 'reference', threads: 1 });
    expect(info.notes).toEqual([
      loops,
      expect.stringMatching(/^WebAssembly may not compile here: .*Content.Security.Policy/),
    ]);
    expect(sequences).toEqual((await plain()).sequences);
  });

  it('without WebAssembly runs the reference loops, and says why', async () => {
    const page = await open({});
    await page.evaluate(() => Reflect.deleteProperty(globalThis, 'WebAssembly'));
    const { info, bits, sequences } = await write(page, alone);
    expect(info).toMatchObject({ name: 'reference', threads: 1, notes: [loops, 'this engine has no WebAssembly'] });
    expect(sequences).toEqual((await plain()).sequences);
    expect(bits).not.toBe((await plain()).bits); // float64 sums: it was not the kernels
  });
});

describe('Node', () => {
  it('writes what a page writes', async () => {
    using model = await AutoModel.from_pretrained(folder, { threads: 1 });
    if (!('generate' in model)) throw new Error('it writes nothing');
    const asked = { input_ids: [[5, 9, 3, 7, 11, 60, 2]], max_new_tokens: 8, min_new_tokens: 8 };
    expect((await model.generate(asked)).sequences).toEqual((await plain()).sequences);
  });
});

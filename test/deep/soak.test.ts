/** Ten thousand calls, and a thousand models that come and go: memory stays flat, and threads end. */
import { existsSync, readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { random } from '../../src/generate/random.ts';
import { GPT2LMHeadModel } from '../../src/pretrained/gpt2-lm-head-model.ts';
import { T5ForConditionalGeneration } from '../../src/pretrained/t5-for-conditional-generation.ts';
import { taken, teamOf } from '../kernels/wasm/team.ts';
import { seed } from '../seed.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const [calls, cycles, warmUp] = [10_000, 1_000, 0.25];
/** More than the noise of a collector and of code that is compiled late, less than 2 KB a model would be. */
const [heapNoise, residentNoise] = [2 ** 21, 2 ** 25];
const [gpt2Folder, t5Folder] = ['test/goldens/gpt2/basic', 'test/goldens/t5/v11'];

/** Runs `work` that many times; the process must hold at the end what it held after a quarter of that. */
async function soak(times: number, work: (i: number) => Promise<void>, also: () => unknown = () => 0): Promise<void> {
  for (let i = 0; i < times * warmUp; i++) await work(i);
  const before = { ...(await settled()), also: also() };
  for (let i = 0; i < times; i++) await work(i);
  const { heapUsed, rss } = await settled();
  expect(also()).toEqual(before.also);
  expect(heapUsed - before.heapUsed).toBeLessThan(heapNoise);
  expect(rss - before.rss).toBeLessThan(residentNoise);
}

async function settled(): Promise<{ heapUsed: number; rss: number }> {
  for (let i = 0; i < 3; i++) {
    collect();
    await pause(100);
  }
  return process.memoryUsage();
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('ten thousand calls of generate', () => {
  it.each(['f32', 'int8'])('in two threads leave memory as it was, in %s', async (dtype) => {
    const { backend, memory } = await teamOf(2); // both take part in everything, however small
    onTestFinished(() => backend.dispose());
    const gpt2 = await GPT2LMHeadModel.from_pretrained(gpt2Folder, { backend, dtype });
    const t5 = await T5ForConditionalGeneration.from_pretrained(t5Folder, { backend, dtype });
    const draw = random(seed, 1);
    const some = (most: number): number => 1 + Math.floor(draw.coin() * most);
    const call = async (i: number): Promise<void> => {
      const [B, T] = [some(2), some(6)];
      const input_ids = Array.from({ length: B }, () => Array.from({ length: T }, () => some(80)));
      const asked = { input_ids, max_new_tokens: some(2), num_beams: i % 10 === 0 ? 2 : 1 };
      await (i % 2 === 0 ? gpt2 : t5).generate(asked);
    };
    await soak(calls, call, () => [backend.memory, memory.buffer.byteLength]);
    expect(backend.memory.bytes).toBe(gpt2.memoryFootprint() + t5.memoryFootprint());
  });
});

describe('a thousand models', () => {
  it('on backends of their own take their threads and their memory with them', async () => {
    const threads = (): number => (existsSync('/proc/self/task') ? readdirSync('/proc/self/task').length : 0);
    const input_ids = Array.from({ length: 8 }, () => Array.from({ length: 12 }, (_, i) => i)); // work enough for two
    let most = 0;
    const cycle = async (i: number): Promise<void> => {
      const model = await GPT2LMHeadModel.from_pretrained(gpt2Folder, { threads: 2 });
      await model.generate({ input_ids, max_new_tokens: 1 });
      if (i % 10 === 0) await pause(50); // else the thread is told to end while it begins
      most = Math.max(most, threads());
      model.dispose();
    };
    const before = threads();
    await soak(cycles, cycle);
    await pause(500);
    expect(threads()).toBeLessThanOrEqual(before + 1); // the pool of Node itself may have grown by one
    if (before > 0) expect(most).toBeGreaterThan(before);
  });

  it('on one backend leave it empty', async () => {
    const { backend, machine, memory } = await teamOf(2);
    onTestFinished(() => backend.dispose());
    const cycle = async (i: number): Promise<void> => {
      const [Model, folder] =
        i % 2 === 0 ? ([GPT2LMHeadModel, gpt2Folder] as const) : ([T5ForConditionalGeneration, t5Folder] as const);
      const model = await Model.from_pretrained(folder, { backend, dtype: i % 4 < 2 ? 'f32' : 'int8' });
      await model.generate({ input_ids: [[5, 9, 3]], max_new_tokens: 1 });
      model.dispose();
    };
    await soak(cycles, cycle, () => [backend.memory.blocks, taken(machine), memory.buffer.byteLength]);
    expect([backend.memory.blocks, taken(machine)]).toEqual([0, 0]);
  });
});

/** Threads in processes of their own: they cost nothing between calls, and keep no process alive. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { root } from './consumer.ts';

interface Told {
  readonly threads: number;
  readonly notes: readonly string[];
  readonly helped: boolean;
  readonly busy: number;
}

/** Loads a model, writes until its threads help, and does what `then` says; tells what it saw as its last line. */
const script = (then: string) => `
import { LlmToSlm } from '${root}dist/index.node.js';
import { untilHelped, watchJobs } from '${root}test/pages/jobs.js';

const jobs = watchJobs();
const model = await LlmToSlm.from_pretrained('${root}weights/en-de/hybrid', { threads: 4 });
await untilHelped(jobs, model, () => model.generate({ text: 'Where do you live?' }));
const { threads, notes } = model.backendInfo;
let busy = 0;
${then}
console.log(JSON.stringify({ threads, notes, helped: jobs.parts > jobs.own, busy }));
`;

/** What the process tells; it must come to its own end. */
function told(then: string, ...flags: string[]): Told {
  const options = { input: script(then), encoding: 'utf8', timeout: 60_000 } as const;
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, '--input-type=module', '-'],
    options,
  );
  expect([status, signal, stderr]).toEqual([0, null, expect.any(String)]);
  return JSON.parse(stdout);
}

const rest = `
await new Promise((resolve) => setTimeout(resolve, 300)); // compilers in the background come to their end
const before = process.cpuUsage();
await new Promise((resolve) => setTimeout(resolve, 2000));
const { user, system } = process.cpuUsage(before);
busy = (user + system) / 1000;
`;

describe('a process with four threads', () => {
  it('rests between calls', () => {
    const { threads, helped, busy } = told(rest);
    expect([threads, helped]).toEqual([4, true]);
    expect(busy).toBeLessThan(100); // milliseconds of two seconds; a thread that spins takes two thousand
  });

  it.each([
    ['with the model in memory', ''],
    ['when the model was disposed of', 'model.dispose();'],
    ['in the middle of a stream', "for await (const _ of model.stream({ text: 'Tom is happy.' })) break;"],
  ])('ends by itself %s', (_when, then) => {
    expect(told(then)).toMatchObject({ threads: 4, helped: true });
  });

  it('that may start none computes in one, and says why', () => {
    const [major] = process.versions.node.split('.');
    const permission = Number(major) < 23 ? '--experimental-permission' : '--permission';
    const { threads, notes, helped } = told('', permission, '--allow-fs-read=*');
    expect([threads, helped]).toEqual([1, false]);
    expect(notes).toContainEqual(
      expect.stringMatching(/^no other thread could be started: .*(restricted|permission)/i),
    );
  });
});

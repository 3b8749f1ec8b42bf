/** The package in Deno and Bun: the ids that Node writes, threads that really work, bits that are the same everywhere. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectedBits } from '../models/model-bits.ts';
import { Consumer, root, run } from './consumer.ts';

/** The program, from test/engines (npm install --prefix test/engines --ignore-scripts --no-package-lock). */
function installed(scope: string, file: string): string | undefined {
  const folder = join(root, 'test/engines/node_modules', scope);
  const [name] = existsSync(folder) ? readdirSync(folder) : [];
  return name && join(folder, name, file);
}

const engines = [
  { name: 'Node', program: process.execPath, args: [] },
  { name: 'Deno', program: installed('@deno', 'deno'), args: ['run', '--no-prompt', '--allow-read'] },
  { name: 'Bun', program: installed('@oven', 'bin/bun'), args: [] },
].map((engine) => ({
  ...engine,
  called: engine.program === undefined ? `${engine.name} (is not in test/engines)` : engine.name,
}));

const writes = `
import { LlmToSlm } from 'batonlm';
import { untilHelped, watchJobs } from '${root}test/pages/jobs.js';

const jobs = watchJobs();
const model = await LlmToSlm.from_pretrained('${root}weights/en-de/hybrid', { threads: 2 });
const { texts } = await untilHelped(jobs, model, () => model.generate({ text: 'Where do you live?' }));
const { name, threads } = model.backendInfo;
console.log(JSON.stringify({ texts, name, threads, helped: jobs.parts > jobs.own }));
`; // and ends by itself, with its threads up

const bits = `
import * as engine from 'batonlm';
import { modelBits } from '${root}test/models/model-bits.ts';

console.log(JSON.stringify(await modelBits(engine, '${root}')));
`;

let consumer: Consumer;
beforeAll(() => {
  consumer = new Consumer();
});
afterAll(() => consumer?.remove());

describe.each(engines)('in $called', ({ name, program = '', args }) => {
  const printed = (file: string, script: string): unknown =>
    JSON.parse(run(consumer.folder, program, ...args, consumer.write(file, script)));

  it.skipIf(program === '')('translates with two threads, and ends by itself', () => {
    const told = { texts: ['Wo wohnt ihr?'], name: 'wasm', threads: 2, helped: true };
    expect(printed('writes.mjs', writes)).toEqual(told);
  });

  if (name === 'Node') return; // test/models/deterministic.test.ts
  it.skipIf(program === '')('computes the deterministic bits of Node and Chromium', () => {
    expect(printed('bits.mjs', bits)).toEqual(expectedBits);
  });
});

/**
 * Measures this engine and the peers that are installed, in one interleaved run: each row of each model in a process of
 * its own, A B C A B C. Writes results.json and results.md after every row, so that an interrupted run keeps what it has.
 *
 *   npm run bench -- [--models gpt2,t5-small] [--families en-de] [--rows WORDS,…] [--repetitions 3] [--quick]
 *                    [--kernels] [--patience SECONDS] [--node PATH] [--out DIR]
 *
 * --models and --families take "none"; families are those whose tokens are timed one by one (curves.mjs).
 * --rows keeps the rows whose name has one of the words: "int8", "batonlm wasm", "tjs int8". --node is the Node.js that
 * runs the rows: the one of `setup.mjs node24` where it is installed, else this one.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { families, measureCurves } from './curves.mjs';
import { kernelLines } from './kernel-lines.mjs';
import { load, machine } from './machine.mjs';
import { modelFolder, peersFolder, storedFolder } from './models.mjs';
import { nameOf } from './names.mjs';
import { ourRows, peerRows } from './rows.mjs';
import { runScript } from './run-script.mjs';
import { isOurs, subjects } from './subjects.mjs';
import { page } from './table.mjs';
import { targetLines } from './targets.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const node24 = here('node_modules/.bin/node');

const { values: options } = parseArgs({
  options: {
    models: { type: 'string', default: Object.keys(subjects).join(',') },
    rows: { type: 'string', default: '' },
    families: { type: 'string', default: Object.keys(families).join(',') },
    repetitions: { type: 'string', default: '3' },
    kernels: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    patience: { type: 'string', default: '60' },
    node: { type: 'string', default: existsSync(node24) ? node24 : process.execPath },
    out: { type: 'string', default: here('.') },
  },
});
const { node, quick, out } = options;
const models = choose(options.models, subjects);
const told = choose(options.families, families);
const wanted = (row) => options.rows.split(',').some((words) => nameOf(row).includes(words));

const results = {
  machine: machine(node),
  settings: { quick, repetitions: Number(options.repetitions), patience_s: Number(options.patience) },
  runs: [],
  absent: [],
};
const ours = ourRows(node).filter(wanted);
const peers = peerRows().filter(wanted);
const plan = models.flatMap((model) => rowsOf(model));
for (let repetition = 1; repetition <= results.settings.repetitions; repetition++) {
  for (const { model, row, folder } of plan) {
    const began = performance.now();
    const asked = { ...row, model, ...subjects[model], folder, quick, patience_ms: 1000 * results.settings.patience_s };
    const outcome = await runScript(node, here('row.mjs'), [JSON.stringify(asked)]);
    results.runs.push({ model, row, repetition, load: load(), ...outcome });
    console.error(
      `${repetition}  ${model}  ${nameOf(row)}  ${((performance.now() - began) / 1000).toFixed(0)} s  ${outcome.error ?? ''}`,
    );
    write();
  }
}
results.curves = await measureCurves(node, told, ours, results.settings.repetitions);
if (options.kernels) {
  const { error, ...kernels } = await runScript(node, here('kernels.mjs'), ['--json', ...(quick ? ['--quick'] : [])]);
  if (error === undefined) results.kernels = kernels;
  else console.error(`kernels: ${error}`);
}
write();

/** The rows of a model that can be run here; those that cannot are noted with what is missing. */
function rowsOf(model) {
  const own = ours.map((row) => ({
    model,
    row,
    folder: row.stored ? storedFolder(model, row.dtype) : modelFolder(model),
  }));
  if (isOurs(model)) return own;
  const folder = peers.length > 0 ? peersFolder(model) : undefined;
  const graphs = folder ? undefined : 'its graphs are not there: ../shared/bench/graphs';
  const others = peers.map((row) => ({ model, row, folder, missing: row.missing ?? graphs }));
  for (const { row, missing } of others) {
    const noted = results.absent.some((each) => nameOf(each.row) === nameOf(row) && each.missing === missing);
    if (missing && !noted) results.absent.push({ row, missing });
  }
  return [...own, ...others.filter(({ missing }) => !missing)];
}

function choose(names, from) {
  const chosen = names === 'none' ? [] : names.split(',');
  const unknown = chosen.filter((name) => !(name in from));
  if (unknown.length > 0)
    throw new Error(`there is no ${unknown.join(', ')}: choose from ${Object.keys(from).join(', ')}`);
  return chosen;
}

function write() {
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'results.json'), `${JSON.stringify(results, null, 1)}\n`);
  writeFileSync(
    join(out, 'results.md'),
    page(results, [...targetLines(results), ...(results.kernels ? kernelLines(results.kernels) : [])]),
  );
}

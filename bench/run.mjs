/**
 * Measures this engine and the peers that are installed, in one interleaved run: each row of each model in a process of
 * its own, A B C A B C. Writes results.json and results.md after every row; --resume goes on where a run was cut off.
 *
 *   npm run bench -- [--models gpt2,t5-small] [--families en-de] [--rows WORDS,…] [--repetitions 3] [--quick] [--targets]
 *                    [--kernels] [--resume] [--dry] [--patience SECONDS] [--node PATH] [--out DIR]
 *
 * --models and --families take "none"; families are those whose tokens are timed one by one (curves.mjs).
 * --rows keeps the rows whose name has one of the words: "int8", "batonlm wasm", "tjs int8". --targets keeps rows and
 * figures that targets.mjs compares or the README shows. --dry makes the models and says what would be run and how long it takes. --node is the
 * Node.js that runs the rows: the one of `setup.mjs node24` where it is installed, else this one.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { curvesOf, families } from './curves.mjs';
import { kernelLines } from './kernel-lines.mjs';
import { load, machine } from './machine.mjs';
import { neededBy } from './measured.mjs';
import { folderFor } from './models.mjs';
import { nameOf } from './names.mjs';
import { keyOf, planOf, secondsOf, spoken } from './plan.mjs';
import { shownFigures } from './readme-lines.mjs';
import { resumed, turnsLeft } from './resume.mjs';
import { ourRows, peerRows } from './rows.mjs';
import { runScript } from './run-script.mjs';
import { subjects } from './subjects.mjs';
import { page } from './table.mjs';
import { targetLines, targets } from './targets.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const node24 = here('node_modules/.bin/node');

const { values: options } = parseArgs({
  options: {
    models: { type: 'string', default: Object.keys(subjects).join(',') },
    rows: { type: 'string', default: '' },
    families: { type: 'string', default: Object.keys(families).join(',') },
    repetitions: { type: 'string', default: '3' },
    targets: { type: 'boolean', default: false },
    kernels: { type: 'boolean', default: false },
    resume: { type: 'boolean', default: false },
    dry: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    patience: { type: 'string', default: '60' },
    node: { type: 'string', default: existsSync(node24) ? node24 : process.execPath },
    out: { type: 'string', default: here('.') },
  },
});
const { node, quick, out } = options;
const needed = options.targets ? neededBy([...targets, shownFigures]) : undefined;
const withKernels = options.kernels || needed?.kernels;
const wanted = (row) => options.rows.split(',').some((words) => nameOf(row).includes(words));
const settings = {
  quick,
  targets: options.targets,
  repetitions: Number(options.repetitions),
  patience_s: Number(options.patience),
};

const earlier = earlierResults();
const fresh = { machine: machine(node), settings, runs: [], timed: [], absent: [] };
const results = options.resume ? resumed(earlier, fresh) : fresh;
const plan = planOf({
  models: choose(options.models, subjects),
  families: choose(options.families, families),
  ours: ourRows(node).filter(wanted),
  peers: peerRows().filter(wanted),
  needed,
}).filter(canRun);
for (const job of plan) job.folder = folderFor(job.model, job.row); // made here, so that no row waits for it
const todo = turnsLeft(plan, settings.repetitions, results);

const known = [...(earlier?.runs ?? []), ...(earlier?.timed ?? [])];
const kernelSeconds = withKernels && results.kernels === undefined ? 30 : 0;
let left = todo.reduce((sum, job) => sum + secondsOf(job, known), kernelSeconds);
console.error(`${todo.length} processes, about ${spoken(left)}`);
if (options.dry) for (const job of plan) console.error(`  ${keyOf(job)}  ${job.asked.only?.join(' ') ?? ''}`);
else await run();

async function run() {
  for (const job of todo) await runJob(job);
  if (withKernels && results.kernels === undefined) {
    const { error, ...kernels } = await runScript(node, here('kernels.mjs'), ['--json', ...(quick ? ['--quick'] : [])]);
    if (error === undefined) results.kernels = kernels;
    else console.error(`kernels: ${error}`);
  }
  write();
}

async function runJob(job) {
  const { model, row, asked, folder, repetition } = job;
  const told = { ...row, ...asked, model, folder, quick, patience_ms: 1000 * settings.patience_s };
  const began = performance.now();
  const outcome = await runScript(node, here('row.mjs'), [JSON.stringify(told)]);
  const took_s = Math.round((performance.now() - began) / 1000);
  const kept = { model, row, repetition, load: load(), took_s, ...outcome };
  if (asked.tokens) results.timed.push({ ...kept, tokens: asked.tokens });
  else results.runs.push(kept);
  left -= secondsOf(job, known);
  console.error(`${repetition}  ${keyOf(job)}  ${took_s} s  ${outcome.error ?? ''}  about ${spoken(left)} left`);
  write();
}

/** A row that can't be run here is noted with what is missing. */
function canRun({ model, row }) {
  const missing = row.missing ?? missingModel(model, row);
  const noted = results.absent.some((each) => nameOf(each.row) === nameOf(row) && each.missing === missing);
  if (missing && !noted) results.absent.push({ row, missing });
  return !missing;
}

function missingModel(model, { engine }) {
  if (engine === 'llama' && model !== 'gpt2') return 'node-llama-cpp runs GPT-2, no encoder with a decoder';
  const needsGraphs = ['tjs', 'ort-node', 'ort-web'].includes(engine);
  if (needsGraphs && !existsSync(here('../../shared/bench/graphs')))
    return 'its graphs are not there: ../shared/bench/graphs';
  return undefined;
}

function earlierResults() {
  const file = join(out, 'results.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

function choose(names, from) {
  const chosen = names === 'none' ? [] : names.split(',');
  const unknown = chosen.filter((name) => !(name in from));
  if (unknown.length > 0)
    throw new Error(`there is no ${unknown.join(', ')}: choose from ${Object.keys(from).join(', ')}`);
  return chosen;
}

function write() {
  results.curves = curvesOf(results.timed);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'results.json'), `${JSON.stringify(results, null, 1)}\n`);
  writeFileSync(
    join(out, 'results.md'),
    page(results, [...targetLines(results), ...(results.kernels ? kernelLines(results.kernels) : [])]),
  );
}

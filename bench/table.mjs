/** Runs → medians, ratios, and a page of Markdown. */
import { median } from './measure.mjs';
import { nameOf } from './names.mjs';
import { subjects } from './subjects.mjs';

/** Figures in the order of the table, by the words at the head of their column. */
const columns = {
  load_ms: 'load ms',
  first_token_ms: 'start → first token ms',
  peak_mb: 'peak MB',
  encode_16_ms: 'encode 16 ms',
  encode_128_ms: 'encode 128 ms',
  encode_512_ms: 'encode 512 ms',
  prefill_16_ms: 'prefill 16 ms',
  prefill_128_ms: 'prefill 128 ms',
  prefill_512_ms: 'prefill 512 ms',
  prefill_1000_ms: 'prefill 1000 ms',
  decode_ms: 'decode ms/token',
  decode_at_16_ms: 'at 16',
  decode_at_256_ms: 'at 256',
  decode_at_512_ms: 'at 512',
  decode_at_1000_ms: 'at 1000',
  batch8_tok_s: 'batch 8 tokens/s',
  generate_ms: '32 → 64 ms',
};

/** One summary a model and row: the median of each figure over the repetitions that have it. */
export function summarise(runs) {
  const groups = new Map();
  for (const run of runs) {
    const key = JSON.stringify([run.model, nameOf(run.row)]);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map((group) => {
    const names = new Set(group.flatMap(({ figures = {} }) => Object.keys(figures)));
    const of = (name) => group.map(({ figures = {} }) => figures[name]).filter((value) => value !== undefined);
    const { model, row, answer, info } = group[0];
    return {
      model,
      row,
      answer,
      info,
      figures: Object.fromEntries([...names].map((name) => [name, median(of(name))])),
      left_out: [...new Set(group.flatMap(({ left_out = [] }) => left_out))],
      errors: group.flatMap(({ error }) => (error === undefined ? [] : [error])),
    };
  });
}

/** How many times better `ours` is than `theirs`: times and sizes want to be small, rates large. */
export const ratio = (name, ours, theirs) =>
  name.endsWith('_s') && !name.endsWith('_ms') ? ours / theirs : theirs / ours;

/** The row of ours that a peer's is compared with: the same place and dtype, then as many threads, then the fastest backend. */
export function counterpart(row, summaries) {
  const alike = summaries.filter(
    (each) =>
      each.row.engine === 'batonlm' && each.row.place === row.place && each.row.dtype === row.dtype && !each.row.stored,
  );
  const score = ({ row: { backend, threads } }) => 2 * (backend !== 'reference') + (threads === row.threads);
  return alike.sort((a, b) => score(b) - score(a))[0];
}

/** The whole page. */
export function page({ machine, settings, runs, absent }, more = []) {
  const { date, commit, cpu, cores, memory_gb, node, load } = machine;
  const summaries = summarise(runs);
  const models = [...new Set(summaries.map(({ model }) => model))];
  return [
    '# Results',
    '',
    `${cpu}, ${cores} cores, ${memory_gb} GB; Node.js ${node}; commit ${commit}; ${date.slice(0, 10)}; load ${load} before the run.`,
    `Medians of ${settings.repetitions} ${settings.repetitions === 1 ? 'process' : 'processes'} a row${settings.quick ? ', quick: few calls in each' : ''}. The number before \`×\` says how many times better batonlm is: the row of its own with the same dtype and place, and as many threads where there is one.`,
    ...busyLines(runs, cores),
    '',
    ...models.flatMap((model) =>
      modelTable(
        model,
        summaries.filter((each) => each.model === model),
      ),
    ),
    ...more,
    ...absentList(absent),
  ].join('\n');
}

/** A warning where others worked too: a run by itself keeps the cores busy, and no more than them. */
function busyLines(runs, cores) {
  const loads = runs.map(({ load = 0 }) => load);
  const most = Math.max(0, ...loads);
  if (most <= cores + 1) return [];
  const range = `${Math.min(...loads)} to ${most}`;
  return [
    '',
    `**The machine was busy** (load ${range} on ${cores} cores): rows met different company, and ratios say little.`,
  ];
}

function modelTable(model, summaries) {
  const names = Object.keys(columns).filter((name) => summaries.some(({ figures }) => name in figures));
  const ours = summaries.filter(({ row }) => row.engine === 'batonlm');
  const lines = [...ours, ...summaries.filter((each) => !ours.includes(each))].map((summary) => {
    const other = ours.includes(summary) ? undefined : counterpart(summary.row, ours);
    return [nameOf(summary.row), ...names.map((name) => cell(name, summary, other))];
  });
  const notes = summaries.flatMap(({ row, left_out, errors }) => [
    ...(left_out.length > 0 ? [`- ${nameOf(row)}: ${left_out.join(', ')} left out, it would have taken too long`] : []),
    ...[...new Set(errors)].map((error) => `- ${nameOf(row)} failed: ${error}`),
  ]);
  const { sameWeights } = subjects[model] ?? {};
  notes.push(...answerNotes(summaries.filter(({ row }) => sameWeights || !anonymous.includes(row.engine))));
  return [`## ${model}`, '', ...markdown(['', ...names.map((name) => columns[name])], lines), '', ...notes, ''];
}

/** Engines whose graphs hold matrices without the names of a checkpoint. */
const anonymous = ['tjs', 'ort-node', 'ort-web'];

/** Who wrote in f32 what this engine wrote: with the same weights all should, but for near ties. */
function answerNotes(summaries) {
  const exact = summaries.filter(({ row, answer }) => row.dtype === 'f32' && answer !== undefined);
  const own = exact.find(({ row }) => row.engine === 'batonlm');
  if (own === undefined) return [];
  const others = exact.filter((each) => each !== own);
  const line = (words, those) =>
    those.length > 0 ? [`- ${words}: ${those.map(({ row }) => nameOf(row)).join(', ')}`] : [];
  return [
    ...line(
      'the same ids in f32',
      others.filter(({ answer }) => answer === own.answer),
    ),
    ...line(
      '**other ids** in f32',
      others.filter(({ answer }) => answer !== own.answer),
    ),
  ];
}

function cell(name, { figures, left_out }, other) {
  const value = figures[name];
  if (value === undefined) return left_out.includes(name) ? '–' : '';
  const against = other?.figures[name];
  return against === undefined ? digits(value) : `**${ratio(name, against, value).toFixed(2)}×** ${digits(value)}`;
}

/** Three digits that mean something. */
export const digits = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** A table of Markdown; numbers stand to the right. */
export function markdown(head, lines) {
  const row = (cells) => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map((_, i) => (i === 0 ? '---' : '--:'))), ...lines.map(row)];
}

function absentList(absent) {
  if (absent.length === 0) return [];
  return ['## Not measured', '', ...absent.map(({ row, missing }) => `- ${nameOf(row)}: ${missing}`), ''];
}

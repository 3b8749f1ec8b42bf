/** What the README shows of a run. */
import { nameOf } from './names.mjs';
import { counterpart, digits, markdown, ratio, summarise } from './table.mjs';

const [begin, end] = ['<!-- bench: begin -->', '<!-- bench: end -->'];

/** Rows of GPT-2 in the order in which they are shown; those that were not measured are left out. */
const rows = [
  'batonlm wasm f32 2t',
  'batonlm wasm int8 2t',
  'batonlm wasm int8 stored 2t',
  'tjs f32 2t',
  'tjs int8 2t',
  'ort-web int8 2t',
  'hf f32 2t',
  'ct2 int8 2t',
  'llama q8_0 2t',
];
const columns = {
  load_ms: 'load ms',
  first_token_ms: 'start → first token ms',
  peak_mb: 'peak MB',
  prefill_128_ms: 'read 128 ms',
  decode_ms: 'ms/token',
  batch8_tok_s: 'batch 8 tokens/s',
  generate_ms: '32 → 64 ms',
};

/** What has to be looked up for the table, as a target does (target-kinds.mjs). */
export const shownFigures = {
  of: (measured) => rows.map((row) => Object.keys(columns).map((name) => measured.figure('gpt2', row, name))),
};

/** The plot, and a table of GPT-2: a peer's figure has in front how many times better ours is. */
export function speedLines({ machine, runs }) {
  const summaries = summarise(runs).filter(({ model }) => model === 'gpt2');
  const ours = summaries.filter(({ row }) => row.engine === 'batonlm');
  const shown = rows.flatMap((name) => summaries.filter(({ row }) => nameOf(row) === name));
  const names = Object.keys(columns).filter((name) => shown.some(({ figures }) => name in figures));
  const cell = ({ row, figures }, name) => {
    const other = row.engine === 'batonlm' ? undefined : counterpart(row, ours)?.figures[name];
    if (figures[name] === undefined) return '';
    return other === undefined
      ? digits(figures[name])
      : `${ratio(name, other, figures[name]).toFixed(1)}× ${digits(figures[name])}`;
  };
  return [
    '<picture>',
    '  <source media="(prefers-color-scheme: dark)" srcset="bench/results-dark.svg">',
    '  <img alt="Time against tokens written: a large model alone, a small one, and the hybrid of both" src="bench/results.svg">',
    '</picture>',
    '',
    'GPT-2 124M. A figure of another engine has in front how many times better batonlm is, in the same dtype:',
    '',
    ...markdown(
      ['', ...names.map((name) => columns[name])],
      shown.map((summary) => [nameOf(summary.row), ...names.map((name) => cell(summary, name))]),
    ),
    '',
    `${machine.cpu}, ${machine.cores} cores, Node.js ${machine.node}, commit ${machine.commit}: all of it in [bench/results.md](bench/results.md).`,
  ];
}

/** The text with these lines between its marks. */
export function filled(text, lines) {
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`the text has no "${begin}" with a "${end}" behind it`);
  return `${before}${begin}\n\n${lines.join('\n')}\n\n${end}${after}`;
}

import type { Report, TokenizerReport, WeightsReport } from './inspect.ts';
import { count, paint, size, table } from './terminal.ts';

const WIDTH = 80;

/** A report for people. */
export function reportLines(report: Report): string[] {
  const { bold, green, red } = paint(process.stdout);
  const { path, valid, problems, model, config, tokenizer, weights, parts } = report;
  const ofParts = parts.reduce((sum, part) => sum + part.problems.length, 0);
  const title = [bold(path), ...(model ? [model] : []), valid ? green('valid') : red('invalid')];
  return [
    title.join('  '),
    ...problems.slice(0, problems.length - ofParts).map((problem) => red(`  ${problem}`)),
    ...(config === undefined ? [] : ['', ...configLines(config)]),
    ...(tokenizer === undefined ? [] : ['', tokenizerLine(tokenizer)]),
    ...weights.flatMap((file) => ['', ...weightLines(file)]),
    ...parts.flatMap((part) => ['', ...reportLines(part)]),
  ];
}

/** Fields and values, as many on a line as fit. */
function configLines(config: unknown): string[] {
  const fields = Object.entries(Object(config)).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  const lines = [''];
  for (const field of fields) {
    const last = lines[lines.length - 1];
    if (last === '') lines[lines.length - 1] = `  ${field}`;
    else if (last.length + 3 + field.length <= WIDTH) lines[lines.length - 1] = `${last} · ${field}`;
    else lines.push(`  ${field}`);
  }
  return lines.map((line) => paint(process.stdout).dim(line));
}

function tokenizerLine({ kind, vocab_size, special }: TokenizerReport): string {
  const roles = Object.entries(special).map(([role, id]) => `${role} ${id}`);
  return `  tokenizer  ${kind}, ${[count(vocab_size, 'piece'), ...roles].join(' · ')}`;
}

function weightLines({ file, shards, tensors, parameters, bytes, metadata }: WeightsReport): string[] {
  const told = Object.entries(metadata).map(([key, value]) => `${key} ${value}`);
  const inFiles = shards.length > 1 ? [`${shards.length} shards`] : [];
  const facts = [count(tensors.length, 'tensor'), count(parameters, 'parameter'), size(bytes), ...inFiles, ...told];
  const rows = tensors.map((tensor) => [
    tensor.name,
    tensor.dtype,
    `[${tensor.shape.join(', ')}]`,
    tensor.bytes.toLocaleString('en-US'),
  ]);
  const columns = [{ head: 'name' }, { head: 'dtype' }, { head: 'shape' }, { head: 'bytes', align: 'right' as const }];
  const drawn = rows.length === 0 ? [] : table(columns, rows).split('\n');
  return [`  ${paint(process.stdout).bold(file)}  ${facts.join(' · ')}`, ...drawn.map((line) => `  ${line}`)];
}

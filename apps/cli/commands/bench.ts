import { cpus } from 'node:os';
import type { Command } from 'commander';
import type { BackendInfo } from '../../../src/index.node.ts';
import { addModelOptions, loadModel, type ModelFlags } from '../model-options.ts';
import { addOutputOptions } from '../output-options.ts';
import { type Speed, speedOf, timedCalls } from '../speed.ts';
import { count, note, paint, printJson, printLine, size, table } from '../terminal.ts';
import { writingModel } from '../writer.ts';

interface BenchFlags extends ModelFlags {
  readonly json?: boolean;
}

/** What `bench --json` prints. */
interface Figures extends Speed {
  readonly model: string;
  readonly load_ms: number;
  readonly weights_mb: number;
  /** The most memory that the process had at any time. */
  readonly peak_mb: number;
  readonly tokens_per_second: number;
  readonly backend: BackendInfo & { readonly dtype: string };
  readonly node: string;
  readonly cpu: string;
}

export function addBench(program: Command): void {
  const command = program.command('bench').description('how fast a model loads, reads and writes here');
  addOutputOptions(addModelOptions(command)).action(bench);
}

async function bench(flags: BenchFlags): Promise<void> {
  const { model: loaded, load_ms } = await loadModel(flags);
  const model = writingModel(loaded);
  note('reading and writing …');
  const speed = await speedOf(model, flags.fusion);
  const figures: Figures = {
    model: flags.model,
    load_ms: round(load_ms),
    weights_mb: round(model.memoryFootprint() / 1e6),
    peak_mb: round((process.resourceUsage().maxRSS * 1024) / 1e6),
    prefill: speed.prefill.map(({ tokens, ms }) => ({ tokens, ms: round(ms) })),
    ms_per_token: round(speed.ms_per_token),
    tokens_per_second: round(1000 / speed.ms_per_token),
    backend: { ...model.backendInfo, dtype: model.dtype },
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
  };
  if (flags.json) await printJson(figures);
  else for (const line of linesOf(figures)) await printLine(line);
}

function linesOf({
  load_ms,
  weights_mb,
  peak_mb,
  prefill,
  ms_per_token,
  tokens_per_second,
  ...rest
}: Figures): string[] {
  const perSecond = (tokens: number): string => `${Math.round(tokens).toLocaleString('en-US')} tokens/s`;
  const rows = [
    ['load', `${load_ms.toFixed(0)} ms`, `${size(1e6 * weights_mb)} of weights, ${size(1e6 * peak_mb)} at the peak`],
    ...prefill.map(({ tokens, ms }) => [
      `read ${count(tokens, 'token')}`,
      `${ms.toPrecision(3)} ms`,
      perSecond((1000 * tokens) / ms),
    ]),
    ['write a token', `${ms_per_token.toPrecision(3)} ms`, perSecond(tokens_per_second)],
  ];
  const { name, mode, threads, simd, dtype, notes } = rest.backend;
  const { dim } = paint(process.stdout);
  return [
    table([{ head: '' }, { head: '', align: 'right' }, { head: '' }], rows).trimStart(),
    '',
    dim(
      `backend ${[name, mode].join(' ').trim()}, ${count(threads, 'thread')}, simd ${simd}, ${dtype}; ${rest.cpu}, Node.js ${rest.node}`,
    ),
    ...notes.map((each) => dim(each)),
    dim(`medians of ${timedCalls} calls`),
  ];
}

/** Three digits behind the point. */
const round = (value: number): number => Math.round(1000 * value) / 1000;

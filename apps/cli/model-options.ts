import { type Command, InvalidArgumentError, Option } from 'commander';
import { checkMode, type GpuBackend, gpuBackend, gpuModes } from '../../src/gpu.ts';
import {
  type AnyModel,
  AutoModel,
  type Fusion,
  LlmToSlm,
  type LoadOptions,
  OptionError,
} from '../../src/index.node.ts';
import { signal } from './interrupt.ts';
import { loading } from './progress.ts';
import { addRequired } from './required.ts';

/** Options of every command that runs a model. */
export interface ModelFlags {
  readonly model: string;
  readonly backend?: 'reference' | 'wasm' | 'gpu';
  readonly gpuMode?: string;
  readonly dtype?: string;
  readonly threads?: number;
  readonly deterministic?: boolean;
  readonly verify?: boolean;
  readonly streamEncoder?: boolean;
  readonly fusion?: Fusion;
}

export function addModelOptions(command: Command): Command {
  command.optionsGroup('Model:');
  return addRequired(command, '--model <dir>', 'folder, address or Hub id')
    .addOption(new Option('--fusion <how>', 'of a hybrid').choices(['add', 'replace', 'none']))
    .addOption(new Option('--backend <name>', 'what computes').choices(['reference', 'wasm', 'gpu']))
    .addOption(new Option('--gpu-mode <mode>', 'with --backend gpu').choices(gpuModes))
    .addOption(
      new Option('--dtype <dtype>', 'of the weights in memory').choices(['f32', 'f16', 'bf16', 'int8', 'int4']),
    )
    .addOption(new Option('--threads <n>', 'that compute').argParser(wholeNumber))
    .option('--deterministic', 'the same bits on every machine')
    .option('--stream-encoder', 'of a hybrid: read the large model from its file at every prompt')
    .option('--verify', 'compare every file with manifest.json first');
}

/** Loads the model that the options name, with a bar on a terminal. */
export async function loadModel(flags: ModelFlags): Promise<{ model: AnyModel; load_ms: number }> {
  const { backend, dtype, threads, deterministic, verify, streamEncoder: stream_encoder } = flags;
  if (flags.gpuMode !== undefined && backend !== 'gpu') throw new OptionError('--gpu-mode needs --backend gpu');
  const bar = loading();
  const began = performance.now();
  try {
    const options: LoadOptions = {
      backend: backend === 'gpu' ? await gpuOf(flags) : backend,
      ...{ dtype, threads, deterministic, verify, stream_encoder, signal },
    };
    const model = await AutoModel.from_pretrained(flags.model, {
      ...options,
      progress_callback: bar.progress_callback,
    });
    if (flags.fusion !== undefined && !(model instanceof LlmToSlm)) {
      throw new OptionError(`--fusion is for hybrids, and ${flags.model} is none`);
    }
    return { model, load_ms: performance.now() - began };
  } finally {
    bar.stop();
  }
}

/** The mode is named, or it is an error: none is chosen in silence. */
async function gpuOf({ gpuMode: mode, threads, deterministic }: ModelFlags): Promise<GpuBackend> {
  if (threads !== undefined) throw new OptionError('--threads is for --backend wasm');
  if (deterministic) throw new OptionError('--deterministic is for --backend wasm and reference');
  if (mode === undefined) throw new OptionError(`--backend gpu needs --gpu-mode: ${gpuModes.join(', ')}`);
  checkMode(mode);
  return gpuBackend({ mode });
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}

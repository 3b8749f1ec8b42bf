import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type AnyModel,
  AutoModel,
  type Fusion,
  LlmToSlm,
  type LoadOptions,
  OptionError,
  UnsupportedOptionError,
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
    .addOption(
      new Option('--gpu-mode <mode>', 'with --backend gpu').choices([
        'webgpu',
        'webgl2',
        'headlessgl',
        'webasm',
        'cpu',
      ]),
    )
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
  if (backend === 'gpu') {
    throw new UnsupportedOptionError('"backend" "gpu" is not offered by this version', { hint: "'reference'" });
  }
  const bar = loading();
  const options: LoadOptions = { backend, dtype, threads, deterministic, verify, stream_encoder, signal };
  const began = performance.now();
  try {
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

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}

import {
  AutoModel,
  type ByteSource,
  GPT2LMHeadModel,
  LlmToSlm,
  type ModelFiles,
  openFiles,
  T5EncoderModel,
} from '../../src/index.node.ts';
import { signal } from './interrupt.ts';

/**
 * Loads a model as `from_pretrained` does, all but its numbers: configs, names, shapes and dtypes of every weight must
 * fit, and nothing large is read. `dtype` is the one most weights have, undefined where they are quantised: then nothing
 * is converted either. Returns the name of the class.
 */
export async function checkModel(folder: string, dtype: 'f32' | 'f16' | 'bf16' | undefined): Promise<string> {
  const files = withoutData(await openFiles(folder));
  const model = await AutoModel.from_pretrained(files, { dtype, signal });
  model.dispose();
  if (model instanceof LlmToSlm) return 'LlmToSlm';
  if (model instanceof GPT2LMHeadModel) return 'GPT2LMHeadModel';
  return model instanceof T5EncoderModel ? 'T5EncoderModel' : 'T5ForConditionalGeneration';
}

/** The same files, but that tensors read as zeros, which all dtypes can be, and quantised weights too. */
function withoutData(files: ModelFiles): ModelFiles {
  return {
    ...files,
    open: async (file) => (file.endsWith('.safetensors') ? headerOf(await files.open(file)) : files.open(file)),
    sub: (folder) => withoutData(files.sub(folder)),
  };
}

function headerOf({ name, size, read, close }: ByteSource): ByteSource {
  const isHeader = (offset: number): boolean => offset <= 8; // its length, then its text
  return {
    name,
    size,
    read: async (offset, length, into) =>
      into === undefined || isHeader(offset) ? read(offset, length, into) : into.fill(0),
    close,
  };
}

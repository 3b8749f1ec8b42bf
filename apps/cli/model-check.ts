import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AutoModel,
  type ByteSource,
  GPT2LMHeadModel,
  LlmToSlm,
  openPath,
  T5EncoderModel,
} from '../../src/index.node.ts';
import { signal } from './interrupt.ts';

/** Files that a model or its tokenizer is read from. */
const needed = /\.(json|safetensors|model|txt|bpe)$/;

/**
 * Loads a model as `from_pretrained` does, all but its numbers: configs, names, shapes and dtypes of every weight must
 * fit, and nothing large is read. `dtype` is the one most weights have: then nothing is converted either. Returns the
 * name of the class.
 */
export async function checkModel(folder: string, dtype: 'f32' | 'f16' | 'bf16'): Promise<string> {
  const files: Record<string, () => Promise<ByteSource>> = {};
  for (const part of ['.', ...(await outerParts(folder))]) {
    for (const name of await readdir(join(folder, part), { recursive: true })) {
      const path = join(part, name).replaceAll('\\', '/');
      if (needed.test(name)) files[path] = () => withoutData(join(folder, part, name));
    }
  }
  const model = await AutoModel.from_pretrained(files, { dtype, signal });
  model.dispose();
  if (model instanceof LlmToSlm) return 'LlmToSlm';
  if (model instanceof GPT2LMHeadModel) return 'GPT2LMHeadModel';
  return model instanceof T5EncoderModel ? 'T5EncoderModel' : 'T5ForConditionalGeneration';
}

/** A file whose header is what it is, and whose tensors read as zeros, at no cost. */
async function withoutData(path: string): Promise<ByteSource> {
  const source = await openPath(path);
  if (!path.endsWith('.safetensors')) return source;
  const isHeader = (offset: number): boolean => offset <= 8; // its length, then its text
  return {
    name: source.name,
    size: source.size,
    read: async (offset, length, into) =>
      into === undefined || isHeader(offset) ? source.read(offset, length, into) : into,
    close: () => source.close(),
  };
}

/** Folders of a hybrid's parts that lie outside its own. */
async function outerParts(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, 'hybrid.json'), 'utf8').catch(() => '{}');
  try {
    const { llm, slm }: Record<string, unknown> = JSON.parse(text);
    return [llm, slm].filter((part) => typeof part === 'string').filter((part) => part.startsWith('..'));
  } catch {
    return []; // the loader tells what is wrong with the text
  }
}

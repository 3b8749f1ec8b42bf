/** T5 checkpoints as bytes, and a source of them that tells what happens to it and can be made to fail. */
import type { FileContent } from '../../src/hub/map.ts';
import { ReferenceBackend } from '../../src/kernels/reference-backend.ts';
import { openBytes, type Values, writeSafetensors } from '../../src/safetensors/index.ts';
import type { TensorToWrite } from '../../src/safetensors/layout.ts';
import type { ByteSource } from '../../src/safetensors/source.ts';
import { narrow } from '../../src/tensor/floats.ts';
import { MemorySource, type Shapes, t5Shapes } from '../models/checkpoint.ts';
import type { Gpt2Json, T5Json } from '../models/configs.ts';

export type StoredDtype = 'F32' | 'F16' | 'BF16';
export type Files = Readonly<Record<string, FileContent>>;

export const json: T5Json = {
  model_type: 't5',
  vocab_size: 30,
  d_model: 16,
  d_kv: 4,
  num_heads: 3,
  d_ff: 24,
  num_layers: 5,
  num_decoder_layers: 1,
  relative_attention_num_buckets: 8,
  relative_attention_max_distance: 40,
  feed_forward_proj: 'gated-gelu',
  tie_word_embeddings: true,
  scale_decoder_outputs: true,
};
export const input_ids = [
  [5, 9, 2, 29, 11],
  [0, 9, 9, 3, 1],
];

export function t5Tensors(json: T5Json, seed = 0, dtype: StoredDtype = 'F32'): Promise<TensorToWrite<Values>[]> {
  return tensorsOf(t5Shapes(json), seed, dtype);
}

export async function tensorsOf(shapes: Shapes, seed: number, dtype: StoredDtype): Promise<TensorToWrite<Values>[]> {
  const source = new MemorySource(shapes, new ReferenceBackend(), { seed });
  const requests = Array.from(shapes, ([name, shape]) => ({ name, shape, use: 'activation' as const, wide: true }));
  const made: TensorToWrite<Values>[] = [];
  for await (const tensor of source.load(requests)) {
    const { name, shape } = requests[made.length];
    made.push({ name, dtype, shape, data: narrow(await tensor.readFloats(), dtype) });
  }
  return made;
}

export async function t5Bytes(json: T5Json, seed?: number, dtype?: StoredDtype): Promise<Uint8Array<ArrayBuffer>> {
  return writeSafetensors(await t5Tensors(json, seed, dtype));
}

export const filesOf = (json: T5Json | Gpt2Json, weights: FileContent): Files => ({
  'config.json': JSON.stringify(json),
  'model.safetensors': weights,
});

/** Bytes in memory behind a source that is watched. */
export class Watched {
  readonly #bytes: Uint8Array;
  /** Sources that are open. */
  open = 0;
  /** Ranges that were asked for, in order. */
  readonly reads: [from: number, to: number][] = [];
  /** Done in place of a read, or before it. */
  before: (from: number) => Promise<void> | void = () => {};
  ahead?: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  readonly content = async (): Promise<ByteSource> => {
    const { name, size, read } = openBytes(this.#bytes, 'watched');
    let live = true;
    this.open++;
    return {
      name,
      size,
      ahead: this.ahead,
      read: async (offset, length, into) => {
        this.reads.push([offset, offset + length]);
        await this.before(offset);
        return read(offset, length, into);
      },
      close: async () => {
        if (live) this.open--;
        live = false;
      },
    };
  };
}

import { DtypeError, NumericError, OptionError, ShapeError, show } from '../errors.ts';
import type { KVCache } from '../generate/kv-cache.ts';
import type { Mask } from '../models/padding.ts';
import type { Backend } from '../tensor/backend.ts';
import { describe } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { upload } from '../tensor/upload.ts';

/** Token ids as callers give them: rows of equal length, or an I32 or I64 tensor [B T]. */
export type Ids = readonly (readonly number[])[] | Tensor;
/** 1 at real tokens, 0 at padding, of the shape of the ids; rows of numbers, or a tensor [B T]. */
export type MaskInput = readonly (readonly number[])[] | Tensor;

/** The rows of an id argument, checked: whole numbers in [0, vocabSize), all rows of one length ≥ 1. */
export async function readIds(name: string, ids: Ids, vocabSize: number): Promise<number[][]> {
  const rows = await readRows(name, ids);
  rows.forEach((row, b) => {
    for (const [t, id] of row.entries()) {
      if (!Number.isInteger(id) || id < 0 || id >= vocabSize) {
        throw new NumericError(
          `"${name}"[${b}][${t}] must be a whole number in [0, ${vocabSize}), got ${show(id)} (${typeof id})`,
          {
            got: id,
            hint: 'do the tokenizer and the model belong together?',
          },
        );
      }
    }
  });
  return rows;
}

/** The rows of labels: ids, or `ignore` where nothing is to be predicted. */
export async function readLabels(name: string, labels: Ids, vocabSize: number, ignore: number): Promise<number[][]> {
  const rows = await readRows(name, labels);
  await readIds(
    name,
    rows.map((row) => row.map((id) => (id === ignore ? 0 : id))),
    vocabSize,
  );
  return rows;
}

/** A mask of the shape [B T], checked; undefined stays undefined. */
export async function readMask(name: string, mask: MaskInput | undefined, B: number, T: number): Promise<Mask> {
  if (mask === undefined) return undefined;
  const rows = await readRows(name, mask);
  if (rows.length !== B || rows[0].length !== T) {
    throw new ShapeError(`"${name}" must be [${B}, ${T}], got [${rows.length}, ${rows[0].length}]`, {
      expected: [B, T],
      got: [rows.length, rows[0].length],
    });
  }
  return rows.map((row) =>
    Uint8Array.from(row, (bit) => {
      if (bit === 0 || bit === 1) return bit;
      throw new OptionError(`"${name}" must hold 0 and 1, got ${show(bit)} (${typeof bit})`, { got: bit });
    }),
  );
}

/** Rows of ids as an I32 tensor [B T]. */
export function idTensor(backend: Backend, rows: readonly (readonly number[])[]): Tensor {
  return upload(backend, Int32Array.from(rows.flat()), { dtype: 'I32', shape: [rows.length, rows[0].length] });
}

/** Embeddings as callers give them: a float tensor [B T D]. */
export function checkEmbeds(name: string, embeds: Tensor, width: number): void {
  if (!(embeds instanceof Tensor))
    throw new DtypeError(`"${name}" must be a tensor [B T ${width}], got ${show(embeds)}`);
  if (embeds.rank !== 3 || embeds.shape[2] !== width || embeds.size === 0) {
    throw new ShapeError(`"${name}" must be [B T ${width}], got ${describe(embeds)}`, {
      expected: ['B', 'T', width],
      got: embeds.shape,
    });
  }
}

async function readRows(name: string, input: Ids): Promise<number[][]> {
  const rows = input instanceof Tensor ? await rowsOfTensor(name, input) : input;
  if (!Array.isArray(rows) || rows.length === 0 || !rows.every(Array.isArray) || rows[0].length === 0) {
    throw new ShapeError(`"${name}" must be rows of numbers, [B T] with B, T ≥ 1, got ${show(input)}`, { got: input });
  }
  const ragged = rows.find((row) => row.length !== rows[0].length);
  if (ragged !== undefined) {
    throw new ShapeError(`"${name}" must have rows of one length, got ${rows[0].length} and ${ragged.length}`, {
      hint: 'pad the shorter rows and say so in "attention_mask"',
    });
  }
  return rows;
}

async function rowsOfTensor(name: string, tensor: Tensor): Promise<number[][]> {
  if (tensor.rank !== 2 || tensor.size === 0)
    throw new ShapeError(`"${name}" must be [B T], got ${describe(tensor)}`, { got: tensor.shape });
  const data = await tensor.read();
  const [B, T] = tensor.shape;
  return Array.from({ length: B }, (_, b) => Array.from({ length: T }, (_, t) => Number(data[b * T + t])));
}

/** Arguments that are switches: true, false or left out. */
export function checkFlags(inputs: object, names: readonly string[]): void {
  for (const [name, value] of Object.entries(inputs)) {
    if (names.includes(name) && value !== undefined && typeof value !== 'boolean') {
      throw new OptionError(`"${name}" must be true or false, got ${show(value)} (${typeof value})`, { got: value });
    }
  }
}

export function checkSignal(op: string, signal: unknown): void {
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw new OptionError(`"signal" must be an AbortSignal, got ${show(signal)}`, { op, got: signal });
}

export const flagNames = ['use_cache', 'output_hidden_states', 'output_attentions'];

/** A cache from an earlier call of the same model: of its kind, with as many layers. */
export function checkCache(cache: unknown, self: (cache: unknown) => KVCache | undefined, nLayers: number): void {
  if (cache === undefined) return;
  const layers = self(cache)?.layers.length;
  if (layers === nLayers) return;
  const got = layers === undefined ? show(cache) : `one of ${layers}`;
  throw new OptionError(`"past_key_values" must be a cache of ${nLayers} layers, got ${got}`, {
    got: cache,
    hint: 'take it from an earlier call of this model, with "use_cache"',
  });
}

/**
 * Weights in int8 or int4 as a file: beside each matrix, whole numbers under its own name and in its own order, stand its
 * scales, as kernels/codings.ts defines both. Nothing in it depends on how a backend lays them out.
 *
 *   h.0.mlp.c_fc.weight            I8     [768, 3072]       q
 *   h.0.mlp.c_fc.weight.scales     BF16   [12, 3072]        s, one for every 64 inputs of an output: w ≈ s·q
 *   h.0.mlp.c_fc.weight            U8     [768, 1536]       or q in 4 bits, two of a row in a byte, the first in the lower half
 *   h.0.mlp.c_fc.weight.scales     BF16   [24, 3072]        s, one for every 32 inputs
 *
 * The metadata say what it is, so that no other program takes the whole numbers for weights. Files in int4 hold in int8
 * what must be finer.
 */
import { FormatError, show, WeightError } from '../errors.ts';
import { blocksOf, codings } from '../kernels/codings.ts';
import { layoutOf } from '../kernels/quantised.ts';
import { pairedBytes } from '../kernels/stored-quantised.ts';
import type { WeightRequest } from '../models/weight-source.ts';
import type { FileDtype } from '../safetensors/dtypes.ts';
import type { TensorFile } from '../safetensors/file.ts';
import type { QuantisedDtype } from '../tensor/dtype.ts';
import { type Shape, sameShape } from '../tensor/shape.ts';

export type Quantisation = 'int8' | 'int4';

export const quantisedMetadata = {
  int8: { format: 'batonlm-int8', version: '1', block: String(codings.Q8.block) },
  int4: { format: 'batonlm-int4', version: '1', block: String(codings.Q4.block) },
} as const;

/** How a file is quantised, if it is. FormatError where it is one of ours that this version does not know. */
export function quantisationOf({ name: where, metadata }: TensorFile): Quantisation | undefined {
  const format = metadata.get('format');
  if (!format?.startsWith('batonlm')) return undefined;
  const quantisation = format === quantisedMetadata.int4.format ? 'int4' : 'int8';
  for (const [key, expected] of Object.entries(quantisedMetadata[quantisation])) {
    const got = metadata.get(key);
    if (got === expected) continue;
    throw new FormatError(`metadata ${show(key)} must be ${show(expected)}, got ${show(got)}`, {
      where,
      expected,
      got,
      hint: 'the file may be of another version of batonlm: convert the original weights again',
    });
  }
  return quantisation;
}

/** How the whole numbers of a dtype in such a file are coded. */
export function codedIn(dtype: FileDtype): QuantisedDtype | undefined {
  if (dtype === 'I8') return 'Q8';
  return dtype === 'U8' ? 'Q4' : undefined;
}

export const scalesName = (name: string): string => `${name}.scales`;

/** Names of tensors, without the scales that belong to one of them. */
export function weightNames({ tensors }: TensorFile): string[] {
  return [...tensors.keys()].filter((name) => {
    const weight = name.endsWith('.scales') ? tensors.get(name.slice(0, -'.scales'.length)) : undefined;
    return weight === undefined || codedIn(weight.dtype) === undefined;
  });
}

/** Shape of the tensor that holds the whole numbers. */
export function codedShape([rows, columns]: Shape, dtype: QuantisedDtype): Shape {
  return [rows, dtype === 'Q4' ? pairedBytes(columns) : columns];
}

/** One scale for every block of inputs. */
export function scalesShape({ shape: [rows, columns], use }: WeightRequest, dtype: QuantisedDtype): Shape {
  const { block } = codings[dtype];
  return layoutOf(use) === '[out, in]' ? [rows, blocksOf(columns, block)] : [blocksOf(rows, block), columns];
}

/** WeightError where the scales of a weight are not there, or not what they must be. */
export function checkScales({ tensors, name: where }: TensorFile, request: WeightRequest, dtype: QuantisedDtype): void {
  const name = scalesName(request.name);
  const expected = scalesShape(request, dtype);
  const info = tensors.get(name);
  if (info?.dtype === 'BF16' && sameShape(info.shape, expected)) return;
  const got = info === undefined ? 'no such tensor' : `${info.dtype} [${info.shape.join(', ')}]`;
  throw new WeightError(`scales ${show(name)} must be BF16 [${expected.join(', ')}], got ${got}`, {
    where,
    expected,
    got: info?.shape,
    hint: 'convert the original weights again',
  });
}

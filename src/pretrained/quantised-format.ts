/**
 * Weights in int8 as a file: beside each matrix, whole numbers under its own name and in its own shape, stand its scales,
 * as kernels/quantised.ts defines both. Nothing in it depends on how a backend lays them out.
 *
 *   h.0.mlp.c_fc.weight            I8     [768, 3072]       q
 *   h.0.mlp.c_fc.weight.scales     BF16   [12, 3072]        s, one for every 64 inputs of an output: w ≈ s·q
 *
 * The metadata say what it is, so that no other program takes the whole numbers for weights.
 */
import { FormatError, show, WeightError } from '../errors.ts';
import { block, blocksOf, layoutOf } from '../kernels/quantised.ts';
import type { WeightRequest } from '../models/weight-source.ts';
import type { TensorFile } from '../safetensors/file.ts';
import { type Shape, sameShape } from '../tensor/shape.ts';

export const int8Metadata = { format: 'batonlm-int8', version: '1', block: String(block) } as const;

/** Is this a file of that format? FormatError where it is one of ours that this version does not know. */
export function quantisationOf({ name: where, metadata }: TensorFile): 'int8' | undefined {
  if (!metadata.get('format')?.startsWith('batonlm')) return undefined;
  for (const [key, expected] of Object.entries(int8Metadata)) {
    const got = metadata.get(key);
    if (got === expected) continue;
    throw new FormatError(`metadata ${show(key)} must be ${show(expected)}, got ${show(got)}`, {
      where,
      expected,
      got,
      hint: 'the file may be of another version of batonlm: convert the original weights again',
    });
  }
  return 'int8';
}

export const scalesName = (name: string): string => `${name}.scales`;

/** Names of tensors, without the scales that belong to one of them. */
export function weightNames({ tensors }: TensorFile): string[] {
  return [...tensors.keys()].filter((name) => {
    const weight = name.endsWith('.scales') ? tensors.get(name.slice(0, -'.scales'.length)) : undefined;
    return weight?.dtype !== 'I8';
  });
}

/** One scale for every block of inputs. */
export function scalesShape({ shape: [rows, columns], use }: WeightRequest): Shape {
  return layoutOf(use) === '[out, in]' ? [rows, blocksOf(columns)] : [blocksOf(rows), columns];
}

/** WeightError where the scales of a weight are not there, or not what they must be. */
export function checkScales({ tensors, name: where }: TensorFile, request: WeightRequest): void {
  const name = scalesName(request.name);
  const expected = scalesShape(request);
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

/** Weights as they are in memory with dtype 'int8' or 'int4', made once and kept in a file: what `baton convert` writes. */
import { FormatError, show } from '../errors.ts';
import type { ModelFiles } from '../hub/files.ts';
import { layoutOf, type Quantised, type QuantisedSpec, quantise } from '../kernels/quantised.ts';
import { referenceBackend } from '../kernels/reference-backend.ts';
import { inPairs, storedScales } from '../kernels/stored-quantised.ts';
import type { WeightRequest } from '../models/weight-source.ts';
import type { Values } from '../safetensors/dtypes.ts';
import { find, type TensorFile } from '../safetensors/file.ts';
import type { TensorToWrite } from '../safetensors/layout.ts';
import { allocate } from '../safetensors/source.ts';
import type { QuantisedDtype } from '../tensor/dtype.ts';
import { Checkpoint } from './checkpoint.ts';
import { converted, exceedsHalf, type FloatDtype } from './float-bytes.ts';
import {
  codedShape,
  type Quantisation,
  quantisationOf,
  quantisedMetadata,
  scalesName,
  scalesShape,
} from './quantised-format.ts';
import { codingFor } from './resident.ts';
import { planOf } from './weight-plan.ts';

/** A file of tensors that is to be written; each is made when it is its turn. */
export interface WeightsToWrite {
  readonly tensors: readonly TensorToWrite<() => Promise<Values>>[];
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * The weights of a model as `saveSafetensors` or `saveShards` writes them, quantised where loading would quantise them: to
 * the same whole numbers and scales as `from_pretrained` with that dtype makes. What stays wide is what loading would keep;
 * copies of tied tables and other tensors that no model reads are left out. `weights` is the file of that name in the
 * folder, open; undefined where no config of the folder speaks of it.
 *
 * Errors    as loading the model · FormatError weights that are quantised already · NumericError, when a tensor is made,
 *           for numbers that are not finite
 */
export async function quantisedWeights(
  files: ModelFiles,
  file: string,
  weights: TensorFile,
  dtype: Quantisation,
): Promise<WeightsToWrite | undefined> {
  checkUnquantised(weights);
  const resident = { int8: 'Q8', int4: 'Q4' } as const;
  const plan = await planOf(files, file, new Checkpoint(weights, referenceBackend(), resident[dtype]));
  if (plan === undefined) return undefined;
  const tensors: WeightsToWrite['tensors'][number][] = [];
  for (const request of plan.requests) tensors.push(...(await stored(weights, request, resident[dtype])));
  return { tensors, metadata: new Map([...weights.metadata, ...Object.entries(quantisedMetadata[dtype])]) };
}

/** FormatError where weights are quantised already: their floats cannot be had back. */
export function checkUnquantised(weights: TensorFile): void {
  if (quantisationOf(weights) === undefined) return;
  const got = weights.metadata.get('format');
  throw new FormatError(`weights to be converted must be floats, got ${show(got)}`, {
    where: weights.name,
    got,
    hint: 'convert the original weights',
  });
}

/** The tensors that a weight becomes. */
async function stored(
  weights: TensorFile,
  request: WeightRequest,
  dtype: QuantisedDtype,
): Promise<WeightsToWrite['tensors']> {
  const { name, shape, use } = request;
  const from = floatDtype(weights, name);
  if (use === 'activation') return [{ name, dtype: from, shape, data: () => weights.values(name) }];
  const coding = codingFor(request, dtype);
  if (coding === undefined) {
    const to = from === 'F32' && (await fitsHalf(weights, name)) ? 'F16' : from;
    return [{ name, dtype: to, shape, data: () => floatsOf(weights, name, to) }];
  }
  const spec: QuantisedSpec = { dtype: coding, shape, label: name };
  // Twice, because scales and whole numbers stand far from each other in a file.
  const quantised = async (): Promise<Quantised> => quantise(await float32Of(weights, name), spec, layoutOf(use));
  const scales = async () => storedScales((await quantised()).scales, spec);
  const whole = async () => (await quantised()).data;
  const paired = async () => inPairs((await quantised()).data, shape[1]);
  const numbers = coding === 'Q4' ? ({ dtype: 'U8', data: paired } as const) : ({ dtype: 'I8', data: whole } as const);
  return [
    { name: scalesName(name), dtype: 'BF16', shape: scalesShape(request, coding), data: scales },
    { name, ...numbers, shape: codedShape(shape, coding) },
  ];
}

/** Dtype of a tensor that the plan has found to be of floats. */
function floatDtype(weights: TensorFile, name: string): FloatDtype {
  const { dtype } = find(weights, name);
  return dtype === 'F16' || dtype === 'BF16' ? dtype : 'F32';
}

async function fitsHalf(weights: TensorFile, name: string): Promise<boolean> {
  for await (const bytes of weights.parts(name)) if (exceedsHalf(bytes)) return false;
  return true;
}

async function floatsOf(weights: TensorFile, name: string, to: FloatDtype): Promise<Uint8Array> {
  const bytes = allocate(find(weights, name).bytes, weights.name);
  await weights.read(name, bytes);
  return converted(bytes, floatDtype(weights, name), to);
}

async function float32Of(weights: TensorFile, name: string): Promise<Float32Array> {
  const { buffer, byteOffset, byteLength } = await floatsOf(weights, name, 'F32');
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}

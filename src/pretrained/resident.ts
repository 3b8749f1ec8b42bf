import type { WeightRequest } from '../models/weight-source.ts';
import type { QuantisedDtype } from '../tensor/dtype.ts';
import type { FloatDtype } from './float-bytes.ts';

/** Dtypes the weights of a model can be asked for in. */
export type ResidentDtype = FloatDtype | QuantisedDtype;

/** How a weight is quantised where the model is to be in `dtype`; undefined where it stays floats. */
export function codingFor({ use, wide, fine }: WeightRequest, dtype: ResidentDtype): QuantisedDtype | undefined {
  if (use === 'activation' || wide || (dtype !== 'Q8' && dtype !== 'Q4')) return undefined;
  return fine ? 'Q8' : dtype;
}

import { embedding } from '../kernels/embedding.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Tokens and the table they are embedded by, which may be no more of it than their own rows. */
export interface Lookup {
  readonly table: Tensor; //                                                                   [U D]
  /** Rows of this table. */
  readonly ids: Tensor; //                                                                     [B N]
}

export function lookUp({ table, ids }: Lookup): Tensor {
  return embedding(table, ids); //                                                             [B N D]
}

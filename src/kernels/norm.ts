import { NumericError, OptionError, ShapeError, show } from '../errors.ts';
import { describe, type Spec } from '../tensor/shape.ts';
import { checkFloat, lastAxis } from './host.ts';

/** What the norms share: their arguments' rules, and the root they divide by. */
export interface NormOptions {
  /** Added to the variance, inside the root; GPT-2 1e-5, T5 1e-6. */
  readonly eps: number;
}

export function checkNorm(op: string, x: Spec, eps: number, gain?: Spec, shift?: Spec): void {
  checkFloat(op, 'x', x);
  const D = lastAxis(op, 'x', x);
  if (gain !== undefined) checkVector(op, 'gain', gain, x, D);
  if (shift !== undefined) checkVector(op, 'shift', shift, x, D);
  if (typeof eps !== 'number' || !(eps >= 0 && eps < Infinity)) {
    throw new OptionError(`"eps" must be a finite number ≥ 0, got ${show(eps)}`, { op, got: eps });
  }
}

function checkVector(op: string, name: string, vector: Spec, x: Spec, D: number): void {
  checkFloat(op, name, vector);
  if (vector.shape.length !== 1 || vector.shape[0] !== D) {
    throw new ShapeError(`"${name}" must be [${D}] for x ${describe(x)}, got ${describe(vector)}`, {
      op,
      expected: [D],
      got: vector.shape,
    });
  }
}

/** Mean of the row x[at … at + D), or 0 where it is not subtracted. */
export function meanOf(x: Float32Array, at: number, D: number, centred: boolean): number {
  if (!centred) return 0;
  let sum = 0;
  for (let i = 0; i < D; i++) sum += x[at + i];
  return sum / D;
}

/** √(Σ (x − mean)² / D + eps) of the row at x[at]. */
export function rootOf(op: string, x: Float32Array, at: number, D: number, mean: number, eps: number): number {
  let squares = 0;
  for (let i = 0; i < D; i++) squares += (x[at + i] - mean) * (x[at + i] - mean);
  const root = Math.sqrt(squares / D + eps);
  if (root > 0 && root < Infinity) return root;
  const why = root === 0 ? 'is constant and eps is 0' : 'holds NaN or ±∞';
  throw new NumericError(`row ${at / D} of x ${why}`, { op, got: root });
}

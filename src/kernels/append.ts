import { OptionError, ShapeError, show } from '../errors.ts';
import { track } from '../tensor/scope.ts';
import { describe, type Spec } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { backendOf } from './call.ts';

/**
 * The rows of `past`, then those of `more`: concatenation along axis 0, the step by which a cache grows.
 *
 * Neither input changes. Storage grows by doubling: the new rows go into the room behind `past` where no other tensor
 * has claimed it, so n appends cost O(n) copies; where one has (a fork, a truncated view), `past` is copied first. Who knows
 * how many rows there will be at `most` says so: then no room is taken that nobody needs.
 *
 * Shapes    past [S …], more [T …] → [S+T …]
 * Units     `most` counts rows, all that there will ever be; more may come, and find room by doubling
 * Errors    ShapeError when the axes behind the first, or the dtypes, differ · OptionError `most` is no whole number, nor ∞
 */
export function append(past: Tensor, more: Tensor, most = Number.POSITIVE_INFINITY): Tensor {
  const op = 'append';
  if (most !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(most) && most >= 0))
    throw new OptionError(`"most" must be a whole number of rows, or Infinity, got ${show(most)}`, { op, got: most });
  const backend = backendOf(op, [past, more]);
  const [S, ...rest] = past.shape;
  const [T, ...others] = more.shape;
  const fit =
    S !== undefined && T !== undefined && rest.length === others.length && rest.every((n, i) => n === others[i]);
  if (!fit || past.dtype !== more.dtype) {
    throw new ShapeError(
      `axes behind the first, and dtypes, must be equal: past ${past.dtype} ${describe(past)}, more ${more.dtype} ${describe(more)}`,
      { op, expected: past.shape, got: more.shape },
    );
  }
  const spec: Spec = { dtype: past.dtype, shape: [S + T, ...rest] };
  return track(new Tensor(backend, backend.append(past.storage, past, more.storage, more, most), spec));
}

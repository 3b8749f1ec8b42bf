import { BatonError, ShapeError } from '../errors.ts';
import { scope } from '../tensor/scope.ts';
import { sameShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/**
 * Watches one call of a model. `tap` is offered every value of the catalogue by its full name and may answer with
 * another tensor of the same shape and dtype, which then takes its place.
 */
export interface Observer {
  tap(name: string, value: Tensor): Tensor | undefined;
  /** Asked before a value is computed that only an observer would want. Default: every one. */
  wants?(name: string): boolean;
}

/**
 * What a model function gets beside weights and input. Taps are the one mechanism behind hidden states, attentions,
 * recording, editing and stepping; without an observer they do nothing.
 */
export interface Run {
  /** Offers a value under this name; gives back the value, or what the observer put in its place. */
  readonly tap: (name: string, value: Tensor) => Tensor;
  /** Offers a value that the model itself does not need; made only if the observer wants it, and never replaced. */
  readonly derive: (name: string, make: () => Tensor) => void;
  /** The same run, its names prefixed with `part.`. */
  readonly in: (part: string) => Run;
  /** Runs a part of the model; an error that leaves it says that it happened there. */
  readonly within: <T>(part: string, fn: (run: Run) => T) => T;
}

/** A run that nobody watches. What a part of the model needs on the way is freed behind it: a layer reuses its memory. */
export const unobserved: Run = {
  tap: (_name, value) => value,
  derive: () => {},
  in: () => unobserved,
  within: (part, fn) => located(part, () => scope(() => fn(unobserved))),
};

export function observed(observer: Observer, prefix = ''): Run {
  const run: Run = {
    tap(name, value) {
      const replacement = observer.tap(prefix + name, value);
      if (replacement === undefined || replacement === value) return value;
      if (!sameShape(replacement.shape, value.shape) || replacement.dtype !== value.dtype) {
        throw new ShapeError(
          `tap "${prefix + name}" is ${value.dtype} [${value.shape.join(', ')}] and cannot be replaced by ` +
            `${replacement.dtype} [${replacement.shape.join(', ')}]`,
          { op: 'tap', expected: value.shape, got: replacement.shape },
        );
      }
      return replacement;
    },
    derive(name, make) {
      if (observer.wants === undefined || observer.wants(prefix + name)) observer.tap(prefix + name, make());
    },
    in: (part) => observed(observer, `${prefix}${part}.`),
    within: (part, fn) => located(part, () => fn(run.in(part))),
  };
  return run;
}

export function runFor(observer: Observer | undefined): Run {
  return observer === undefined ? unobserved : observed(observer);
}

/** Several observers as one: each sees what the one before it put in place. */
export function observers(...list: (Observer | undefined)[]): Observer | undefined {
  const present = list.filter((o) => o !== undefined);
  if (present.length <= 1) return present[0];
  return {
    tap: (name, value) => present.reduce((v, o) => o.tap(name, v) ?? v, value),
    wants: (name) => present.some((o) => o.wants === undefined || o.wants(name)),
  };
}

function located<T>(part: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    throw error instanceof BatonError ? error.under(part) : error;
  }
}

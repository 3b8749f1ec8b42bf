import { StateError } from '../errors.ts';
import { Tensor } from './tensor.ts';

/** Scopes that are open, innermost last. Only synchronous code runs inside one, so there is never a second stack. */
const open: Tensor[][] = [];

/**
 * Runs `fn` and frees every tensor made inside it, but for those that are returned (alone, or inside arrays, maps and
 * plain objects) and those given to `keep`. What is returned belongs to the scope around, if there is one.
 *
 * Errors    StateError when `fn` is asynchronous: a scope cannot know when it ends
 */
export function scope<T>(fn: () => T): T {
  const made: Tensor[] = [];
  open.push(made);
  let kept: ReadonlySet<Tensor> | Tensor | undefined;
  try {
    const result = fn();
    if (result instanceof Promise) {
      throw new StateError('"fn" must be synchronous, got a Promise', {
        op: 'scope',
        hint: 'await outside, and open the scope around the calls in between',
      });
    }
    kept = result instanceof Tensor ? result : tensorsIn(result);
    return result;
  } finally {
    open.pop();
    for (const tensor of made) {
      if (tensor === kept || (kept instanceof Set && kept.has(tensor))) track(tensor);
      else tensor.dispose();
    }
  }
}

/** One step of `scopeInSteps`. */
export type Step = <T>(fn: () => T) => T;

/**
 * A scope for work that waits in between: each `step` is a scope of its own. What a step returns lives until a later
 * one does not return it; what `work` returns belongs to the caller; all else is freed, also when something fails.
 */
export async function scopeInSteps<T>(work: (step: Step) => Promise<T>): Promise<T> {
  const held: Tensor[] = [];
  const free = (kept?: ReadonlySet<Tensor>): void => {
    for (const tensor of held.splice(0)) {
      if (kept?.has(tensor)) held.push(tensor);
      else tensor.dispose();
    }
  };
  const step: Step = (fn) => {
    open.push(held);
    try {
      const result = scope(fn);
      free(tensorsIn(result));
      return result;
    } finally {
      open.pop();
    }
  };
  try {
    const result = await work(step);
    for (const tensor of tensorsIn(result)) remove(tensor, held);
    return result;
  } finally {
    free();
  }
}

/** Takes a tensor out of the scopes around: it lives until `dispose`. */
export function keep(tensor: Tensor): Tensor {
  for (const made of open) remove(tensor, made);
  return tensor;
}

/** Puts a new tensor into the innermost scope. */
export function track(tensor: Tensor): Tensor {
  open.at(-1)?.push(tensor);
  return tensor;
}

/** A tensor is in one scope at most; mostly it has just come. */
function remove(tensor: Tensor, made: Tensor[]): void {
  const at = made.lastIndexOf(tensor);
  if (at >= 0) made.splice(at, 1);
}

function tensorsIn(value: unknown, found = new Set<Tensor>(), seen = new Set<object>()): Set<Tensor> {
  if (value instanceof Tensor) found.add(value);
  else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !seen.has(value)) {
    seen.add(value);
    const proto = Object.getPrototypeOf(value);
    if (Array.isArray(value) || value instanceof Set) for (const item of value) tensorsIn(item, found, seen);
    else if (value instanceof Map) for (const item of value.values()) tensorsIn(item, found, seen);
    else if (proto === Object.prototype || proto === null)
      for (const item of Object.values(value)) tensorsIn(item, found, seen);
  }
  return found;
}

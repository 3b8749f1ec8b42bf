import { DtypeError, ShapeError, StateError } from '../errors.ts';
import type { Backend } from '../tensor/backend.ts';
import { isQuantised } from '../tensor/dtype.ts';
import type { Cost, Inputs, Op } from '../tensor/op.ts';
import { track } from '../tensor/scope.ts';
import { bytesOf, describe, type Spec } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';

/** Runs an op on the backend its tensors live on: rule first, then the work, then the bookkeeping. */
export function call<A>(op: Op<A>, inputs: Inputs<Tensor>, attrs: A): Tensor[] {
  const backend = backendOf(op.name, inputs);
  const specs = op.infer(inputs, attrs);
  const storages = backend.run(op, inputs, attrs, specs);
  if (backend.meter !== undefined) {
    const { flops, bytes } = op.cost(inputs, attrs, specs);
    backend.meter(op.name, flops, bytes);
  }
  const outputs: Tensor[] = [];
  for (let i = 0; i < specs.length; i++) outputs.push(track(new Tensor(backend, storages[i], specs[i])));
  return outputs;
}

/** The same for the many ops with one output. */
export function call1<A>(op: Op<A>, inputs: Inputs<Tensor>, attrs: A): Tensor {
  return call(op, inputs, attrs)[0];
}

/** Elements of x that lie behind each other, from one on, as a tensor of its own; no copy. */
export function viewOf(x: Tensor, offset: number, spec: Spec): Tensor {
  return track(new Tensor(x.backend, x.backend.view(x.storage, offset, spec), spec));
}

/** The ops that take a quantised tensor, each as one of its inputs. */
const readers: readonly string[] = ['linear', 'embedding'];

/** The one backend of all inputs. */
export function backendOf(op: string, inputs: Inputs<Tensor>): Backend {
  let first: Tensor | undefined;
  for (const input of inputs) {
    if (input === undefined) continue;
    if (!(input instanceof Tensor)) throw new StateError('every input must be a Tensor', { op, got: input });
    first ??= input;
    if (isQuantised(input.dtype) && !readers.includes(op)) {
      throw new DtypeError(`a quantised tensor is read by ${readers.join(' and ')} alone, got ${describe(input)}`, {
        op,
        got: input.dtype,
      });
    }
    if (input.backend !== first.backend) {
      throw new StateError(
        `inputs live on two backends: ${describe(first)} on "${first.backend.info.name}", ${describe(input)} on "${input.backend.info.name}"`,
        { op, hint: 'make both with the same { backend }' },
      );
    }
  }
  if (first === undefined) throw new StateError('needs at least one tensor', { op });
  return first.backend;
}

/** A cost of `flops` operations that reads every input and writes every output once. */
export function once(flops: number, inputs: Inputs<Spec>, outputs: readonly Spec[]): Cost {
  let bytes = 0;
  for (const spec of [...inputs, ...outputs]) if (spec !== undefined) bytes += bytesOf(spec);
  return { flops, bytes };
}

/** The input at a place where the op needs one. */
export function needed<T>(inputs: Inputs<T>, index: number, op: string, name: string): T {
  const input = inputs[index];
  if (input === undefined) throw new ShapeError(`"${name}" is missing`, { op });
  return input;
}

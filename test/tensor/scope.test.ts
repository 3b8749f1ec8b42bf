import { describe, expect, it } from 'vitest';
import { StateError } from '../../src/errors.ts';
import { tensor } from '../../src/kernels/create.ts';
import { ReferenceBackend } from '../../src/kernels/reference-backend.ts';
import { slice } from '../../src/kernels/slice.ts';
import { keep, scope, scopeInSteps } from '../../src/tensor/scope.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';

const backend = new ReferenceBackend();
const make = (n = 1) => tensor([n], { backend });
const blocks = () => backend.memory.blocks;

describe('scope', () => {
  it('frees what was made inside and keeps what is returned', () => {
    const seen: Tensor[] = [];
    const kept = scope(() => {
      seen.push(make(), make());
      return make(7);
    });
    expect(seen.map((t) => t.disposed)).toEqual([true, true]);
    expect(kept.toArray()).toEqual([7]);
    kept.dispose();
    expect(blocks()).toBe(0);
  });

  it('finds tensors in arrays, maps, sets and plain objects, also where they hold themselves', () => {
    interface Ring {
      t: Tensor;
      self?: Ring;
    }
    const kept = scope(() => {
      const ring: Ring = { t: make() };
      ring.self = ring;
      return { list: [make(), [make()]], map: new Map([['a', make()]]), set: new Set([make()]), ring, none: null };
    });
    expect(blocks()).toBe(5);
    const all = [kept.list.flat(), [...kept.map.values()], [...kept.set], kept.ring.t].flat();
    for (const t of all) t.dispose();
    expect(blocks()).toBe(0);
  });

  it('hands what an inner scope returns to the outer one', () => {
    let inner: Tensor | undefined;
    scope(() => {
      inner = scope(() => make());
      expect(inner.disposed).toBe(false);
    });
    expect(inner?.disposed).toBe(true);
  });

  it('leaves tensors from outside alone, returned or not', () => {
    const outside = make();
    const back = scope(() => outside);
    scope(() => [slice(outside, 0, 0, 1)]).map((t) => t.dispose());
    expect(back.disposed).toBe(false);
    outside.dispose();
    expect(blocks()).toBe(0);
  });

  it('frees everything when it throws', () => {
    expect(() =>
      scope(() => {
        make();
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(blocks()).toBe(0);
  });

  it('rejects an asynchronous function, and frees what it made', () => {
    const run = () =>
      scope(async () => {
        make();
      });
    expect(run).toThrow(StateError);
    expect(run).toThrow('scope: "fn" must be synchronous, got a Promise');
    expect(blocks()).toBe(0);
  });

  it('outside of scopes a tensor lives until it is disposed', () => {
    const t = make();
    scope(() => {
      make();
    });
    expect(t.disposed).toBe(false);
    t.dispose();
    t.dispose();
    expect(blocks()).toBe(0);
  });
});

describe('keep', () => {
  it('takes a tensor out of all scopes around', () => {
    const kept = scope(() => {
      const t = scope(() => keep(make(3)));
      return { shape: t.shape, t: [] as Tensor[], read: () => t.toArray(), free: () => t.dispose() };
    });
    expect(kept.read()).toEqual([3]);
    kept.free();
    expect(blocks()).toBe(0);
  });
});

describe('scopeInSteps', () => {
  it('keeps what a step returns until a later one does not, and in the end what is returned', async () => {
    const live: number[] = [];
    const result = await scopeInSteps(async (step) => {
      let state = step(() => ({ x: make(), bias: make() }));
      for (let i = 0; i < 3; i++) {
        await Promise.resolve();
        live.push(blocks());
        const { bias } = state;
        state = step(() => {
          make();
          return { x: make(i), bias };
        });
      }
      return state.x;
    });
    expect(live).toEqual([2, 2, 2]);
    expect(blocks()).toBe(1);
    expect(result.toArray()).toEqual([2]);
    result.dispose();
  });

  it('leaves alone what was made outside, and what is kept in whichever step', async () => {
    const outside = make();
    const kept: Tensor[] = [];
    await scopeInSteps(async (step) => {
      const x = step(() => [outside, make()])[1];
      step(() => kept.push(keep(x), keep(make())));
      step(() => outside);
      step(() => {});
    });
    expect([outside, ...kept].map(({ disposed }) => disposed)).toEqual([false, false, false]);
    for (const one of [outside, ...kept]) one.dispose();
    expect(blocks()).toBe(0);
  });

  it('frees everything when a step or the work between fails', async () => {
    const inStep = scopeInSteps(async (step) => {
      step(() => make());
      step(() => {
        make();
        throw new RangeError('in a step');
      });
    });
    await expect(inStep).rejects.toThrow('in a step');
    const between = scopeInSteps(async (step) => {
      step(() => make());
      throw new RangeError('between');
    });
    await expect(between).rejects.toThrow('between');
    expect(blocks()).toBe(0);
  });

  it('is no place for asynchronous steps', async () => {
    await expect(scopeInSteps(async (step) => void step(async () => make()))).rejects.toThrow(StateError);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/errors.ts';
import { KVCache } from '../../src/generate/kv-cache.ts';
import { ReferenceBackend } from '../../src/kernels/reference-backend.ts';
import { scope } from '../../src/tensor/scope.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { upload } from '../../src/tensor/upload.ts';
import { runs } from '../seed.ts';

const nLayers = 2;
const [H, E] = [2, 3];

/** What a cache should hold: one list of marks a row; keys and values of a position are made of its mark. */
type Rows = readonly (readonly number[])[];

const keyOf = (mark: number, layer: number, h: number, e: number): number => mark * 100 + layer * 50 + h * 10 + e;

/** [T B H E] of the positions [from, end) of all rows; values are the negated keys. */
function tensorOf(backend: ReferenceBackend, rows: Rows, from: number, layer: number, sign: number): Tensor {
  const [T, B] = [rows[0].length - from, rows.length];
  const data = new Float32Array(T * B * H * E);
  let at = 0;
  for (let t = 0; t < T; t++)
    for (let b = 0; b < B; b++)
      for (let h = 0; h < H; h++) for (let e = 0; e < E; e++) data[at++] = sign * keyOf(rows[b][from + t], layer, h, e);
  return upload(backend, data, { dtype: 'F32', shape: [T, B, H, E] });
}

/** Puts the positions behind `from` into the cache as a model does: layer by layer, inside a scope. */
function append(cache: KVCache, backend: ReferenceBackend, rows: Rows, from: number): void {
  scope(() => {
    cache.layers.forEach((layer, l) => {
      const past = layer.length;
      const { keys, values } = layer.append(tensorOf(backend, rows, from, l, 1), tensorOf(backend, rows, from, l, -1));
      expect([past, keys.shape[0], values.shape[0]]).toEqual([from, rows[0].length, rows[0].length]);
    });
  });
}

function expectHolds(cache: KVCache, backend: ReferenceBackend, rows: Rows): void {
  const S = rows[0]?.length ?? 0;
  expect(cache.length).toBe(S);
  expect(cache.bytes).toBe(2 * nLayers * S * (S === 0 ? 0 : rows.length) * H * E * 4);
  if (S === 0) return;
  cache.layers.forEach(({ kept }, layer) => {
    scope(() => {
      expect(kept?.keys.toArray()).toEqual(tensorOf(backend, rows, 0, layer, 1).toArray());
      expect(kept?.values.toArray()).toEqual(tensorOf(backend, rows, 0, layer, -1).toArray());
    });
  });
}

interface Model {
  rows: Rows[];
}
interface Real {
  readonly backend: ReferenceBackend;
  readonly caches: KVCache[];
}

/** A command on one of the caches that exist, chosen by a number; afterwards every cache is what its list says. */
abstract class Step implements fc.Command<Model, Real> {
  readonly which: number;
  constructor(which: number) {
    this.which = which;
  }
  abstract act(model: Model, real: Real, at: number): void;
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    this.act(model, real, this.which % model.rows.length);
    real.caches.forEach((cache, i) => {
      expectHolds(cache, real.backend, model.rows[i]);
    });
  }
  toString(): string {
    return `${this.constructor.name} ${JSON.stringify(this)}`;
  }
}

class Append extends Step {
  readonly tokens: number;
  constructor(which: number, tokens: number) {
    super(which);
    this.tokens = tokens;
  }
  act({ rows }: Model, { backend, caches }: Real, at: number): void {
    const past = rows[at][0].length;
    rows[at] = rows[at].map((row, b) => [
      ...row,
      ...Array.from({ length: this.tokens }, (_, t) => past + t + 7 * b + at),
    ]);
    append(caches[at], backend, rows[at], past);
  }
}

class Fork extends Step {
  act(model: Model, { caches }: Real, at: number): void {
    if (caches.length === 5) return;
    model.rows.push(model.rows[at]);
    caches.push(caches[at].fork());
  }
}

class Truncate extends Step {
  readonly part: number;
  constructor(which: number, part: number) {
    super(which);
    this.part = part;
  }
  act({ rows }: Model, { caches }: Real, at: number): void {
    const length = Math.floor(this.part * rows[at][0].length);
    rows[at] = rows[at].map((row) => row.slice(0, length));
    caches[at].truncate(length);
  }
}

class Reorder extends Step {
  readonly from: readonly number[];
  constructor(which: number, from: readonly number[]) {
    super(which);
    this.from = from;
  }
  act({ rows }: Model, { caches }: Real, at: number): void {
    const from = this.from.map((i) => i % rows[at].length);
    rows[at] = from.map((i) => rows[at][i]);
    caches[at].reorder(from);
  }
}

class Reset extends Step {
  act({ rows }: Model, { caches }: Real, at: number): void {
    rows[at] = rows[at].map(() => []);
    caches[at].dispose();
  }
}

const which = fc.nat(20);
const commands = fc.commands(
  [
    fc.tuple(which, fc.integer({ min: 1, max: 4 })).map(([w, n]) => new Append(w, n)),
    which.map((w) => new Fork(w)),
    fc.tuple(which, fc.double({ min: 0, max: 1, noNaN: true })).map(([w, part]) => new Truncate(w, part)),
    fc.tuple(which, fc.array(fc.nat(5), { minLength: 1, maxLength: 4 })).map(([w, from]) => new Reorder(w, from)),
    which.map((w) => new Reset(w)),
  ],
  { maxCommands: 25 },
);

describe('KVCache', () => {
  it('keeps what is appended, tells bytes and length, and forgets what is cut off', () => {
    const backend = new ReferenceBackend();
    const cache = new KVCache(nLayers);
    append(
      cache,
      backend,
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      0,
    );
    append(
      cache,
      backend,
      [
        [1, 2, 3, 9],
        [4, 5, 6, 8],
      ],
      3,
    );
    expect([cache.length, cache.bytes]).toEqual([4, 2 * nLayers * 4 * 2 * H * E * 4]);
    cache.truncate(2);
    append(
      cache,
      backend,
      [
        [1, 2, 7],
        [4, 5, 7],
      ],
      2,
    );
    expectHolds(cache, backend, [
      [1, 2, 7],
      [4, 5, 7],
    ]);
    cache.dispose();
    expect(backend.memory).toEqual({ blocks: 0, bytes: 0 });
  });

  it('behaves as plain lists of tokens do, whatever is done to it; forks do not disturb each other, and nothing leaks', () => {
    fc.assert(
      fc.property(commands, fc.integer({ min: 1, max: 3 }), (steps, rows) => {
        const backend = new ReferenceBackend();
        const caches = [new KVCache(nLayers)];
        const model = { rows: [Array.from({ length: rows }, () => [])] };
        fc.modelRun(() => ({ model, real: { backend, caches } }), steps);
        for (const cache of caches) cache.dispose();
        expect(backend.memory).toEqual({ blocks: 0, bytes: 0 });
      }),
      runs(150),
    );
  });

  it('shares the memory of a fork until one side grows, also where there is room behind', () => {
    const backend = new ReferenceBackend();
    const cache = new KVCache(nLayers);
    append(cache, backend, [[1, 2, 3]], 0);
    append(cache, backend, [[1, 2, 3, 4]], 3);
    const before = backend.memory.bytes;
    const fork = cache.fork();
    expect(backend.memory.bytes).toBe(before);
    append(fork, backend, [[1, 2, 3, 4, 5]], 4);
    append(cache, backend, [[1, 2, 3, 4, 6]], 4);
    expectHolds(fork, backend, [[1, 2, 3, 4, 5]]);
    expectHolds(cache, backend, [[1, 2, 3, 4, 6]]);
  });

  it('copies a token a constant number of times on average: memory at most doubles what is kept', () => {
    const backend = new ReferenceBackend();
    const cache = new KVCache(nLayers);
    const rows: number[][] = [[]];
    let blocks = 0;
    for (let t = 0; t < 200; t++) {
      rows[0].push(t);
      const before = cache.layers[0].kept?.keys.peek().buffer;
      append(cache, backend, rows, t);
      if (cache.layers[0].kept?.keys.peek().buffer !== before) blocks++;
      expect(backend.memory.bytes).toBeLessThanOrEqual(2 * cache.bytes);
    }
    expect(blocks).toBeLessThan(12); // log₂ 200 and a little
  });

  it.each([-1, 1.5, 4, Number.NaN, '2'])('refuses to truncate to %s', (length) => {
    const backend = new ReferenceBackend();
    const cache = new KVCache(nLayers);
    append(cache, backend, [[1, 2, 3]], 0);
    const truncate = (): unknown => Reflect.apply(cache.truncate, cache, [length]);
    expect(truncate).toThrow(OptionError);
    expect(truncate).toThrow('truncate: "length" must be a whole number in [0, 3], got');
    expectHolds(cache, backend, [[1, 2, 3]]);
  });

  it('takes room for all that is expected once that is near, and for no more', () => {
    const backend = new ReferenceBackend();
    const cache = new KVCache(nLayers);
    const room = (length: number): number => {
      append(cache, backend, [Array.from({ length }, (_, i) => i)], length - 1);
      return backend.memory.bytes / (2 * nLayers * H * E * 4);
    };
    room(1);
    cache.expect(17);
    const rooms = Array.from({ length: 16 }, (_, i) => room(2 + i));
    expect(rooms).toEqual([4, 4, 4, ...Array(13).fill(17)]); // 17 is more than 4 times 2, and less than 4 times 5
    expect(room(18)).toBe(36); // more than was expected
    cache.dispose();
  });

  it('stays whole when a row asked for is not there', () => {
    const backend = new ReferenceBackend();
    const cache = new KVCache(nLayers);
    append(cache, backend, [[1, 2]], 0);
    expect(() => cache.reorder([0, 1])).toThrow('below 1');
    expectHolds(cache, backend, [[1, 2]]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { append } from '../../../src/kernels/append.ts';
import { mergeHeads } from '../../../src/kernels/merge-heads.ts';
import { reshape } from '../../../src/kernels/reshape.ts';
import { slice } from '../../../src/kernels/slice.ts';
import { splitHeads } from '../../../src/kernels/split-heads.ts';
import type { Tensor } from '../../../src/tensor/tensor.ts';
import { runs } from '../../seed.ts';
import type { Lab } from './lab.ts';

/** Rows of two numbers; what the tensors below must hold. */
type Rows = readonly (readonly number[])[];

/** Every tensor ever made, each beside the plain list it must equal for ever. */
interface Model {
  readonly lists: Rows[];
}
interface Real {
  readonly lab: Lab;
  readonly tensors: Tensor[];
}

class Append implements fc.AsyncCommand<Model, Real> {
  readonly of: number;
  readonly rows: Rows;
  constructor(of: number, rows: Rows) {
    this.of = of;
    this.rows = rows;
  }
  check = () => true;
  async run(model: Model, real: Real) {
    const i = this.of % model.lists.length;
    const more = real.lab.floats([this.rows.length, 2], this.rows.flat());
    real.tensors.push(append(real.tensors[i], more));
    more.dispose();
    model.lists.push([...model.lists[i], ...this.rows]);
    await agree(model, real);
  }
  toString = () => `append ${this.rows.length} rows to #${this.of}`;
}

class Part implements fc.AsyncCommand<Model, Real> {
  readonly of: number;
  readonly cuts: readonly [number, number];
  constructor(of: number, cuts: readonly [number, number]) {
    this.of = of;
    this.cuts = cuts;
  }
  check = () => true;
  async run(model: Model, real: Real) {
    const i = this.of % model.lists.length;
    const list = model.lists[i];
    const [begin, end] = this.cuts.map((c) => c % (list.length + 1)).sort((a, b) => a - b);
    real.tensors.push(slice(real.tensors[i], 0, begin, end));
    model.lists.push(list.slice(begin, end));
    await agree(model, real);
  }
  toString = () => `slice #${this.of} by ${this.cuts}`;
}

class Drop implements fc.AsyncCommand<Model, Real> {
  readonly of: number;
  constructor(of: number) {
    this.of = of;
  }
  check = (model: Readonly<Model>) => model.lists.length > 1;
  async run(model: Model, real: Real) {
    const i = this.of % model.lists.length;
    real.tensors[i].dispose();
    real.tensors.splice(i, 1);
    model.lists.splice(i, 1);
    await agree(model, real);
  }
  toString = () => `dispose #${this.of}`;
}

async function agree(model: Model, real: Real): Promise<void> {
  for (const [i, tensor] of real.tensors.entries()) {
    expect(tensor.shape).toEqual([model.lists[i].length, 2]);
    expect([...(await tensor.read())]).toEqual(model.lists[i].flat());
  }
}

export function sharingContract(lab: () => Lab): void {
  describe('append', () => {
    it('puts rows behind rows', async () => {
      const [a, b] = [() => lab().floats([1, 2], [1, 2]), () => lab().floats([2, 2], [3, 4, 5, 6])];
      expect([...(await lab().run(() => append(a(), b())))]).toEqual([1, 2, 3, 4, 5, 6]);
    });

    it('appends, forks, truncates and disposes as plain lists do: no tensor ever changes', async () => {
      const number = fc.integer({ min: 0, max: 99 });
      const rows = fc.array(fc.tuple(number, number), { maxLength: 3 });
      const commands = fc.commands(
        [
          fc.tuple(fc.nat(20), rows).map(([of, more]) => new Append(of, more)),
          fc.tuple(fc.nat(20), fc.tuple(fc.nat(20), fc.nat(20))).map(([of, cuts]) => new Part(of, cuts)),
          fc.nat(20).map((of) => new Drop(of)),
        ],
        { size: 'large', maxCommands: 30 },
      );
      await fc.assert(
        fc.asyncProperty(commands, async (list) => {
          const before = lab().backend.memory;
          const real: Real = { lab: lab(), tensors: [lab().floats([0, 2], [])] };
          await fc.asyncModelRun(() => ({ model: { lists: [[]] }, real }), list);
          for (const tensor of real.tensors) tensor.dispose();
          expect(lab().backend.memory).toEqual(before);
        }),
        runs(100),
      );
    });

    it('growing row by row copies each row a bounded number of times', () => {
      const one = lab().floats([1, 4], [1, 2, 3, 4]);
      const peak: number[] = [];
      let cache = lab().floats([0, 4], []);
      for (let n = 1; n <= 1000; n++) {
        const longer = append(cache, one);
        cache.dispose();
        cache = longer;
        peak.push(lab().backend.memory.bytes);
      }
      expect(new Set(peak).size).toBeLessThanOrEqual(12); // storage was replaced at most log₂ 1000 times, plus the start
      expect(Math.max(...peak)).toBeLessThanOrEqual(4 * 1000 * 16 + 1024);
      cache.dispose();
      one.dispose();
    });
  });

  describe('views', () => {
    it('a view of a view sees the right part, and outlives what it was cut from', async () => {
      const x = lab().floats([4, 2], [0, 1, 2, 3, 4, 5, 6, 7]);
      const middle = slice(x, 0, 1, 4);
      const flat = reshape(middle, [-1]);
      const inner = slice(flat, 0, 2, 5);
      for (const t of [x, middle, flat]) t.dispose();
      expect([...(await inner.read())]).toEqual([4, 5, 6]);
      inner.dispose();
    });

    it('heads of a single token are views, of several tokens copies; the numbers are the same', async () => {
      const { backend } = lab();
      const numbers = Array.from({ length: 24 }, (_, i) => i);
      for (const [shape, moved] of [
        [[1, 1, 24], []],
        [
          [1, 2, 12],
          ['splitHeads', 'mergeHeads', 'mergeHeads'],
        ],
        [[2, 1, 12], ['splitHeads']],
      ] as const) {
        const ran: string[] = [];
        const x = lab().floats(shape, numbers);
        const [B, T, width] = shape;
        backend.meter = (op) => ran.push(op);
        const halves = splitHeads(x, 2, 2); //                                                2 × [B 2 T width/4]
        const merged = halves.map(mergeHeads);
        backend.meter = undefined;
        expect(ran).toEqual(moved);
        for (const [p, half] of merged.entries()) {
          expect(half.shape).toEqual([B, T, width / 2]);
          const expected = numbers.filter((_, i) => Math.floor(i / (width / 2)) % 2 === p);
          expect([...(await half.read())]).toEqual(expected);
        }
        for (const t of [x, ...halves, ...merged]) t.dispose();
      }
    });
  });
}

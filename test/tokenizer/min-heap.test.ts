import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MinHeap } from '../../src/tokenizer/min-heap.ts';
import { runs } from '../seed.ts';

it('gives back what was put in, smallest first', () => {
  fc.assert(
    fc.property(fc.array(fc.nat()), (items) => {
      const heap = new MinHeap(items.length);
      for (const item of items) heap.push(item);
      expect(items.map(() => heap.pop())).toEqual([...items].sort((a, b) => a - b));
      expect(heap.size).toBe(0);
    }),
    runs(200),
  );
});

it('keeps the order when pushes and pops alternate', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(), { freq: 3 })), (steps) => {
      const heap = new MinHeap(steps.length);
      let model: number[] = [];
      for (const step of steps) {
        if (step !== null) {
          heap.push(step);
          model = [...model, step].sort((a, b) => a - b);
        } else if (heap.size > 0) expect(heap.pop()).toBe(model.shift());
        expect(heap.size).toBe(model.length);
      }
    }),
    runs(200),
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StateError } from '../../../src/errors.ts';
import { Heap } from '../../../src/kernels/wasm/heap.ts';
import { runs } from '../../seed.ts';

describe('Heap', () => {
  it('gives one piece behind the other, and what came back first', () => {
    const heap = new Heap(100, () => true);
    const [a, b] = [heap.alloc(64), heap.alloc(1)];
    expect([a, b]).toEqual([128, 256]);
    heap.free(a, 64);
    expect([heap.alloc(64), heap.alloc(64)]).toEqual([128, 384]);
  });

  it('joins neighbours that came back, in any order', () => {
    const heap = new Heap(0, () => true);
    const pieces = [0, 1, 2].map(() => heap.alloc(64));
    const end = heap.alloc(64);
    for (const i of [0, 2, 1]) heap.free(pieces[i], 64);
    expect(heap.alloc(3 * 128)).toBe(pieces[0]);
    heap.free(end, 64);
    expect(heap.alloc(64)).toBe(end);
  });

  it('pieces never overlap, begin at pairs of cache lines, and fit again when all came back', () => {
    const step = fc.record({ bytes: fc.nat(2000), drop: fc.option(fc.nat()) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let reached = 0;
        const heap = new Heap(0, (end) => {
          reached = Math.max(reached, end);
          return true;
        });
        const live: { at: number; bytes: number }[] = [];
        for (const { bytes, drop } of steps) {
          const at = heap.alloc(bytes);
          expect(at % 128).toBe(0);
          expect(at + bytes).toBeLessThanOrEqual(reached);
          for (const other of live) {
            expect(at + Math.max(1, bytes) <= other.at || other.at + Math.max(1, other.bytes) <= at).toBe(true);
          }
          live.push({ at, bytes });
          if (drop !== null) {
            const [gone] = live.splice(drop % live.length, 1);
            heap.free(gone.at, gone.bytes);
          }
        }
        for (const { at, bytes } of live) heap.free(at, bytes);
        const { top } = heap;
        if (top > 0) expect(heap.alloc(top)).toBe(0); // one gap is left, and it is everything
      }),
      runs(100),
    );
  });

  it('a memory that does not grow is an error that says what was asked for', () => {
    const heap = new Heap(0, (end) => end <= 128);
    heap.alloc(128);
    expect(() => heap.alloc(1)).toThrow(StateError);
    expect(() => heap.alloc(1)).toThrow(
      'the memory of WebAssembly is full: 128 bytes are taken, 1 more were asked for',
    );
  });
});

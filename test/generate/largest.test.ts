import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { largest } from '../../src/generate/largest.ts';
import { runs } from '../seed.ts';

const values = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(-Infinity), fc.float({ noNaN: true })), {
  maxLength: 60,
});

describe('largest', () => {
  it('gives positions, the best first, of equal ones the earlier', () => {
    expect([...largest([1, 5, -2, 5, 3], 3)]).toEqual([1, 3, 4]);
    expect([...largest([2, 1], 9)]).toEqual([0, 1]);
    expect([...largest([2, 1], 0)]).toEqual([]);
  });

  it('equals the beginning of the stably sorted list', () => {
    fc.assert(
      fc.property(values, fc.nat(70), (list, k) => {
        const sorted = [...list.keys()].sort((a, b) => (list[a] === list[b] ? a - b : list[b] > list[a] ? 1 : -1));
        expect([...largest(list, k)]).toEqual(sorted.slice(0, k));
      }),
      runs(300),
    );
  });
});

/** An intake that fails half way gives back all it took: the weight, its scales, and what it had borrowed. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StateError } from '../../../src/errors.ts';
import { blocksOf, layoutOf } from '../../../src/kernels/quantised.ts';
import type { Stored, Use } from '../../../src/tensor/backend.ts';
import { takeIn } from '../../../src/tensor/upload.ts';
import { runs } from '../../seed.ts';
import { aloneOn, type Team, taken, teamOf } from './team.ts';

const failing = fc.record({
  use: fc.constantFrom<Use[]>('linear [out, in]', 'linear [in, out]', 'table'),
  stored: fc.constantFrom<Stored['dtype'][]>('F32', 'F16', 'I8'),
  quantised: fc.boolean(),
  rows: fc.integer({ min: 129, max: 300 }),
  columns: fc.integer({ min: 1, max: 90 }),
  /** Pieces of 64 rows that come before the file breaks, or before a number that cannot be. */
  pieces: fc.integer({ min: 0, max: 2 }),
  breaks: fc.boolean(),
});

// A page must be isolated for its memory to be shared; the tests' page is not.
describe.skipIf(globalThis.crossOriginIsolated === false)('an intake that fails', () => {
  let team: Team;
  beforeAll(async () => {
    team = await teamOf(2);
  });
  afterAll(() => team.backend.dispose());

  it('gives back everything, wherever it fails', () =>
    fc.assert(
      fc.asyncProperty(failing, async ({ use, stored, quantised, rows, columns, pieces, breaks }) => {
        const { backend, machine } = team;
        const shape = [rows, columns];
        const dtype = stored === 'I8' || (quantised && stored === 'F32') ? 'Q8' : stored;
        const [N, K] = layoutOf(use) === '[out, in]' ? shape : [columns, rows];
        const scales = stored === 'I8' ? new Uint16Array(N * blocksOf(K)).fill(0x3f80) : undefined;
        const bytes = { F32: 4, F16: 2, BF16: 2, I8: 1 }[stored] * columns * 64;
        const room = backend.room(bytes);
        async function* coming(): AsyncGenerator<Uint8Array> {
          for (let i = 0; i < pieces; i++) yield room.bytes.fill(0);
          if (breaks || dtype !== 'Q8') throw new RangeError('the disk is broken');
          yield room.bytes.fill(stored === 'I8' ? 0x80 : 0xff); // −128, or NaN
        }
        const taking = takeIn(backend, { dtype, shape }, use, { dtype: stored, scales }, coming());
        await expect(taking).rejects.toThrow(breaks || dtype !== 'Q8' ? 'the disk is broken' : 'must');
        expect(backend.memory).toEqual({ blocks: 0, bytes: 0 });
        room.free();
        expect(taken(machine)).toBe(0);
      }),
      runs(60),
    ));
});

describe('an intake that does not fit', () => {
  it.each([
    ['the weight', 96],
    ['its scales', 64],
  ])('gives back everything where there is no room for %s', async (_what, N) => {
    const { backend, machine } = await aloneOn(2); // 128 KB; 64 rows are 126 KB, their scales 4
    const K = 1900;
    const stored: Stored = { dtype: 'I8', scales: new Uint16Array(N * blocksOf(K)) };
    expect(() => backend.intake({ dtype: 'Q8', shape: [N, K] }, 'linear [out, in]', stored)).toThrow(StateError);
    expect(backend.memory).toEqual({ blocks: 0, bytes: 0 });
    expect(taken(machine)).toBe(0);
  });
});

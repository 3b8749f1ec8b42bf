/** An intake that fails half way gives back all it took: the weight, its scales, and what it had borrowed. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StateError } from '../../../src/errors.ts';
import { blocksOf, codings } from '../../../src/kernels/codings.ts';
import { layoutOf } from '../../../src/kernels/quantised.ts';
import { pairedBytes } from '../../../src/kernels/stored-quantised.ts';
import type { Stored, Use } from '../../../src/tensor/backend.ts';
import { isQuantised } from '../../../src/tensor/dtype.ts';
import { takeIn } from '../../../src/tensor/upload.ts';
import { runs } from '../../seed.ts';
import { aloneOn, type Team, taken, teamOf } from './team.ts';

const failing = fc.record({
  use: fc.constantFrom<Use[]>('linear [out, in]', 'linear [in, out]', 'table'),
  stored: fc.constantFrom<Stored['dtype'][]>('F32', 'F16', 'I8', 'U4'),
  /** What F32 becomes. */
  quantised: fc.constantFrom('F32' as const, 'Q8' as const, 'Q4' as const),
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
        const dtype = { F32: quantised, F16: 'F16', BF16: 'BF16', I8: 'Q8', U4: 'Q4' } as const;
        const spec = { dtype: dtype[stored], shape };
        const isWhole = isQuantised(spec.dtype);
        const [N, K] = layoutOf(use) === '[out, in]' ? shape : [columns, rows];
        const kept = stored === 'I8' || stored === 'U4';
        const scales = kept ? new Uint16Array(N * blocksOf(K, codings[dtype[stored]].block)) : undefined;
        const bytes =
          64 * (stored === 'U4' ? pairedBytes(columns) : { F32: 4, F16: 2, BF16: 2, I8: 1 }[stored] * columns);
        const room = backend.room(bytes);
        async function* coming(): AsyncGenerator<Uint8Array> {
          for (let i = 0; i < pieces; i++) yield room.bytes.fill(0);
          if (breaks || !isWhole) throw new RangeError('the disk is broken');
          yield room.bytes.fill(0xff); // numbers without a scale, or NaN
        }
        const taking = takeIn(backend, spec, use, { dtype: stored, scales }, coming());
        await expect(taking).rejects.toThrow(breaks || !isWhole ? 'the disk is broken' : 'must');
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
    const { backend, machine } = await aloneOn(3); // 175 KB can be used; 64 rows take 172, their scales 5
    const K = 2590;
    const stored: Stored = { dtype: 'I8', scales: new Uint16Array(N * blocksOf(K, codings.Q8.block)) };
    expect(() => backend.intake({ dtype: 'Q8', shape: [N, K] }, 'linear [out, in]', stored)).toThrow(StateError);
    expect(backend.memory).toEqual({ blocks: 0, bytes: 0 });
    expect(taken(machine)).toBe(0);
  });
});

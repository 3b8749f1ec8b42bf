/** Compares tensors with goldens, and keeps count of it. */
import { expect } from 'vitest';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { type Bound, expectClose } from '../close.ts';
import type { GoldenTensor } from './walk.ts';

/** What was compared in one folder. */
export class Tally {
  cases = 0;
  /** Numbers, ids and texts that were held against the golden's. */
  comparisons = 0;
  /** Largest error / bound of all numbers. */
  worst = 0;
  /** Options of generation that are not offered → cases that ask for one. */
  readonly notOffered = new Map<string, number>();

  /** Rows of ids: the same ones. */
  equal(got: readonly number[][] | undefined, want: readonly number[][]): void {
    expect(got).toEqual(want);
    this.comparisons += want.flat().length;
  }

  /** Numbers, each within its bound. */
  close(got: ArrayLike<number>, want: ArrayLike<number>, bound: Bound): void {
    expectClose(got, want, bound);
    const allowed = typeof bound === 'number' ? () => bound : bound;
    this.comparisons += want.length;
    for (let i = 0; i < want.length; i++) {
      if (got[i] !== want[i]) this.worst = Math.max(this.worst, Math.abs(got[i] - want[i]) / allowed(i));
    }
  }

  skip(option: string): void {
    this.notOffered.set(option, (this.notOffered.get(option) ?? 0) + 1);
  }
}

/** Error allowed for a tensor: ten times what plain float32 got wrong, and the last place of its largest number. */
export function boundOf({ abs_max, f32_max_abs_diff = 0 }: GoldenTensor): number {
  return 10 * f32_max_abs_diff + 1e-6 * abs_max;
}

/** `real` [B][T] marks rows that count: what a mask removes is stored as 0 and means nothing. */
export async function compareTensor(
  tally: Tally,
  got: Tensor,
  want: Float32Array,
  { shape, bound, real }: { readonly shape: readonly number[]; readonly bound: number; readonly real?: number[][] },
): Promise<void> {
  if (got.shape.join() !== shape.join()) throw new Error(`expected [${shape}], got [${got.shape}]`);
  const data = await got.readFloats();
  const counts = realElements(shape, real);
  tally.close(
    data.filter((_, i) => counts(i)),
    want.filter((_, i) => counts(i)),
    bound,
  );
}

/** Of [B … T n]: does the element stand in a real row (b, t)? */
function realElements(shape: readonly number[], real: number[][] | undefined): (index: number) => boolean {
  if (real === undefined) return () => true;
  const [T, n] = shape.slice(-2);
  const perBatch = shape.slice(1).reduce((product, size) => product * size, 1);
  return (i) => real[Math.floor(i / perBatch)][Math.floor(i / n) % T] === 1;
}

/** One line a folder. */
export function table(tallies: ReadonlyMap<string, Tally | string>): string {
  const rows = [...tallies].map(([folder, tally]) => {
    if (typeof tally === 'string') return [folder, '–', '–', tally];
    const skipped = [...tally.notOffered].map(([option, cases]) => `${option} ${cases}`).join(', ');
    const worst = tally.worst === 0 ? 'equal' : tally.worst.toFixed(3);
    return [folder, `${tally.cases}`, `${tally.comparisons}`, worst + (skipped && `   not offered: ${skipped}`)];
  });
  const all = [['folder', 'cases', 'comparisons', 'worst error/bound'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column].length)));
  return all
    .map(([folder, cases, comparisons, worst]) =>
      [folder.padEnd(widths[0]), cases.padStart(widths[1]), comparisons.padStart(widths[2]), worst].join('  '),
    )
    .join('\n');
}

import { type HostArray, isFloat } from './dtype.ts';
import { widen } from './floats.ts';
import { type Spec, sizeOf } from './shape.ts';

/** Entries shown at each end of an axis longer than twice this. */
const edge = 3;

/** `Tensor F32 [2, 2]` and the numbers, aligned; long axes are cut in the middle. */
export function printTensor({ dtype, shape }: Spec, data: HostArray | undefined): string {
  const title = `Tensor ${dtype} [${shape.join(', ')}]`;
  if (data === undefined) return `${title} (not in this memory: await read())`;
  if (sizeOf(shape) === 0) return `${title} (empty)`;
  const values = isFloat(dtype) ? widen(data, dtype) : data;
  const shown = new Map<number, string>();
  visit(shape, (offset) => shown.set(offset, format(values[offset], dtype)));
  const width = Math.max(...[...shown.values()].map((s) => s.length));

  const level = (axis: number, offset: number): string => {
    if (axis === shape.length) return (shown.get(offset) ?? '').padStart(shape.length === 0 ? 0 : width);
    const step = sizeOf(shape.slice(axis + 1));
    const parts = indices(shape[axis]).map((i) => (i < 0 ? '…' : level(axis + 1, offset + i * step)));
    const last = axis === shape.length - 1;
    return `[${parts.join(last ? ', ' : `,\n${' '.repeat(axis + 1)}`)}]`;
  };
  return `${title}\n${level(0, 0)}`;
}

/** Indices of an axis to show; −1 stands for those left out. */
function indices(n: number): number[] {
  if (n <= 2 * edge + 1) return Array.from({ length: n }, (_, i) => i);
  return [...Array.from({ length: edge }, (_, i) => i), -1, ...Array.from({ length: edge }, (_, i) => n - edge + i)];
}

function visit(shape: readonly number[], each: (offset: number) => void, axis = 0, offset = 0): void {
  if (axis === shape.length) {
    each(offset);
    return;
  }
  const step = sizeOf(shape.slice(axis + 1));
  for (const i of indices(shape[axis])) if (i >= 0) visit(shape, each, axis + 1, offset + i * step);
}

function format(value: number | bigint, dtype: string): string {
  if (dtype === 'BOOL') return value ? 'true' : 'false';
  if (typeof value === 'bigint' || Number.isInteger(value)) return Object.is(value, -0) ? '-0' : String(value);
  return Number.isFinite(value) ? String(Number(value.toPrecision(5))) : String(value);
}

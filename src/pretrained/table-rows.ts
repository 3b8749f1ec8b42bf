import { find, type TensorFile } from '../safetensors/file.ts';
import { allocate } from '../safetensors/source.ts';

/** Rows nearer to each other than this come in one read: on any disk and any network cheaper than two. */
const GAP_BYTES = 2 ** 16;
/** Reads under way at once. */
const SIDE_BY_SIDE = 8;

/** Neighbouring rows: those numbered in `order` from `first` to `last`. */
interface Group {
  readonly first: number;
  last: number;
}

/**
 * Rows of a table [V D], in the order asked for; no more is read of it than lies between rows that are close together.
 *
 * Errors    as reading the file; ids must be rows of the table
 */
export async function readRows(
  file: TensorFile,
  name: string,
  ids: readonly number[],
): Promise<Uint8Array<ArrayBuffer>> {
  const { shape, bytes } = find(file, name);
  const rowBytes = bytes / shape[0];
  const rows = allocate(ids.length * rowBytes, file.name);
  const order = ids.map((_, i) => i).sort((a, b) => ids[a] - ids[b]);
  const groups = groupsOf(
    order.map((i) => ids[i]),
    GAP_BYTES / rowBytes,
  );
  const readGroup = async ({ first, last }: Group): Promise<void> => {
    const start = ids[order[first]];
    const part = allocate((ids[order[last]] + 1 - start) * rowBytes, file.name);
    await file.readAt(name, start * rowBytes, part);
    for (const i of order.slice(first, last + 1)) {
      const from = (ids[i] - start) * rowBytes;
      rows.set(part.subarray(from, from + rowBytes), i * rowBytes);
    }
  };
  for (let i = 0; i < groups.length; i += SIDE_BY_SIDE) {
    await Promise.all(groups.slice(i, i + SIDE_BY_SIDE).map(readGroup));
  }
  return rows;
}

/** Sorted ids, cut where the next one is more than `gap` rows away. */
function groupsOf(sorted: readonly number[], gap: number): Group[] {
  const groups: Group[] = [];
  sorted.forEach((id, n) => {
    const group = groups.at(-1);
    if (group !== undefined && id - sorted[n - 1] <= gap) group.last = n;
    else groups.push({ first: n, last: n });
  });
  return groups;
}

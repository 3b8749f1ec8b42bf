import type { Spec } from '../../tensor/shape.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { Desk } from './desk.ts';
import { roomFor } from './room.ts';
import { colsOf, type GpuStorage, type Placed } from './storage.ts';
import { column, row } from './unfold.ts';

/**
 * `past` with the rows of `more` behind it, as a block of its own: a kernel writes all that it gives. Its room is a power of
 * two and how much of it is full an argument, so that one kernel serves until the room is full.
 */
export function append(desk: Desk, past: Placed, more: Placed, y: Spec): GpuStorage {
  const [[S, ...rest], [T]] = [past.shape, more.shape];
  const cols = sizeOf(rest);
  if (S === 0) return desk.share(more, y);
  if (T === 0) return desk.share(past, y);
  const seen = desk.see(past, cols);
  const had = 'block' in seen ? Math.floor(seen.block.elements / cols) : S;
  const room = had > S && had >= S + T ? had : roomFor(S + T);
  const source = `function (past, more, n) {
    const i = Math.floor(${row} + 0.5);
    const pi = Math.min(i, ${had - 1});
    const mi = Math.max(Math.min(i - n, ${T - 1}), 0);
    let v = past[pi][${column}];
    if (i >= n) { if (i - n < ${T}) { v = more[mi][${column}]; } }
    return v; }`;
  const block = desk.launch({ source, cols, rows: room, args: [seen, desk.see(more, cols), S] });
  return desk.store(block, { ...y, shape: [S + T, ...rest] }, colsOf(y.shape));
}

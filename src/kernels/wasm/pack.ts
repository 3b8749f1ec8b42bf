import type { Dtype, HostArray } from '../../tensor/dtype.ts';
import { narrow, widen } from '../../tensor/floats.ts';
import type { Machine } from './machine.ts';
import type { Kind, Packed } from './storage.ts';

/** Bytes of a weight that are copied at once on their way into panels. */
const piece = 1 << 20;

/** How a weight of this dtype is kept. An F16 that holds an infinity is kept as float32: see assembly/half.ts. */
export function kindOf(data: HostArray, dtype: Dtype): Kind {
  if (dtype === 'BF16') return 2;
  return dtype === 'F16' && data instanceof Uint16Array && allFinite(data) ? 1 : 0;
}

/** Are all F16 finite? A loop, because `every` takes a second for a hundred million of them. */
function allFinite(halves: Uint16Array): boolean {
  for (let i = 0; i < halves.length; i++) if ((halves[i] & 0x7c00) === 0x7c00) return false;
  return true;
}

/** Packs a weight that comes from outside, a megabyte at a time. */
export function packArray(m: Machine, data: HostArray, dtype: Dtype, to: number, packed: Packed): void {
  const { N, K, kind, layout } = packed;
  const [rows, width] = layout === '[out, in]' ? [N, K] : [K, N];
  if (rows === 0 || width === 0) return;
  const size = kind === 0 ? 4 : 2;
  const step = Math.max(32, Math.floor(piece / (width * size)) & ~31);
  const room = m.lend(Math.min(rows, step) * width * size);
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row);
    const part = data.subarray(row * width, (row + count) * width);
    m.write(room, kind === 0 ? widen(part, dtype) : part);
    packPart(m, room, to, packed, row, count);
  }
}

/** Packs float32 that lie in the memory row-major, [N K] or [K N]. */
export function packPlaced(m: Machine, from: number, to: number, packed: Packed): void {
  packPart(m, from, to, packed, 0, packed.layout === '[out, in]' ? packed.N : packed.K);
}

/** Rows `row` … `row + count` as they are stored: outputs (a multiple of 32 before them), or inputs. */
function packPart(
  m: Machine,
  from: number,
  to: number,
  { N, K, kind, layout }: Packed,
  row: number,
  count: number,
): void {
  const { packRows32, packRows16, packColumns32, packColumns16 } = m.kernels;
  const size = kind === 0 ? 4 : 2;
  if (layout === '[in, out]') {
    (kind === 0 ? packColumns32 : packColumns16)(from, to, count, N, K, row);
    return;
  }
  const packRows = kind === 0 ? packRows32 : packRows16;
  for (let n = 0; n < count; n += 32) {
    packRows(from + n * K * size, to + (row + n) * K * size, Math.min(32, count - n), K);
  }
}

/** A packed weight as the row-major array it was made of; a copy. */
export function unpack(m: Machine, at: number, { N, K, kind, layout }: Packed, dtype: Dtype): HostArray {
  const stored = kind === 0 ? 'F32' : dtype;
  const panels = m.view(at, stored, Math.ceil(N / 32) * 32 * K);
  const [nStep, kStep] = layout === '[out, in]' ? [K, 1] : [1, N];
  const data = kind === 0 ? new Float32Array(N * K) : new Uint16Array(N * K);
  for (let n = 0; n < N; n++) {
    const begin = (n - (n % 32)) * K + (n % 32);
    for (let k = 0; k < K; k++) data[n * nStep + k * kStep] = Number(panels[begin + k * 32]);
  }
  return data instanceof Float32Array && (dtype === 'F16' || dtype === 'BF16') ? narrow(data, dtype) : data;
}

import type { Use } from '../../tensor/backend.ts';
import type { Spec } from '../../tensor/shape.ts';
import type { Launcher } from './launcher.ts';
import { GpuStorage } from './storage.ts';

/**
 * A weight as its kernels read it best. One of a linear layer lies [in, out], so that neighbouring threads, which compute
 * neighbouring outputs, read neighbouring numbers. A table lies by rows, for look-up; and so does whatever is too large for
 * one block, in pieces of whole rows.
 */
export function placeWeight(launcher: Launcher, values: Float32Array, { shape }: Spec, use: Use): GpuStorage {
  const [rows, cols] = shape;
  const { shard } = launcher.device.limits;
  const byRows = use === 'table' || values.length > shard;
  const transposed = use === (byRows ? 'linear [in, out]' : 'linear [out, in]');
  const [height, width] = transposed ? [cols, rows] : [rows, cols];
  const data = transposed ? turned(values, rows, cols) : values;
  const step = Math.min(data.length, Math.max(1, Math.floor(shard / width)) * width);
  const pieces = Array.from({ length: Math.ceil((height * width) / step) }, (_, i) =>
    launcher.upload(data.subarray(i * step, (i + 1) * step), true),
  );
  return new GpuStorage(pieces, cols, { transposed });
}

function turned(values: Float32Array, rows: number, cols: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) out[c * rows + r] = values[r * cols + c];
  return out;
}

import type { Intake, Stored } from '../../tensor/backend.ts';
import { widen } from '../../tensor/floats.ts';
import type { Spec } from '../../tensor/shape.ts';
import { block, blocksOf, checkScales, notFinite, notQuantised } from '../quantised.ts';
import type { Machine } from './machine.ts';
import { pack, products } from './pack.ts';
import { outputBytes, type Packed, type WasmStorage } from './storage.ts';

/** Bytes that are copied at once on their way into panels, where they come from outside. */
const piece = 1 << 21;

/** Where an intake gets its memory. */
export interface Holder {
  claim(packed: Packed): WasmStorage;
  free(storage: WasmStorage): void;
}

/** Packs rows into panels as they come, in all threads. */
export class WasmIntake implements Intake<WasmStorage> {
  readonly #m: Machine;
  readonly #holder: Holder;
  readonly #spec: Spec;
  readonly #stored: Stored['dtype'];
  readonly #scales: { readonly at: number; readonly bytes: number } | undefined;
  #packed: Packed;
  #storage: WasmStorage;
  /** Rows that have come. */
  #row = 0;

  constructor(m: Machine, holder: Holder, spec: Spec, packed: Packed, { dtype, scales }: Stored) {
    if (scales !== undefined) checkScales(scales, spec, packed.layout);
    this.#m = m;
    this.#holder = holder;
    this.#spec = spec;
    this.#stored = dtype;
    this.#packed = packed;
    this.#storage = holder.claim(packed);
    if (scales === undefined) return;
    try {
      this.#scales = { at: m.heap.alloc(scales.byteLength), bytes: scales.byteLength };
    } catch (error) {
      holder.free(this.#storage);
      throw error;
    }
    m.write(this.#scales.at, scales);
  }

  add(rows: Uint8Array): void {
    const m = this.#m;
    const rowBytes = this.#spec.shape[1] * sizes[this.#stored];
    if (rows.length === 0) return;
    const at = m.placeOf(rows);
    const step =
      at === undefined ? Math.max(block, Math.floor(piece / (rowBytes * block)) * block) : rows.length / rowBytes;
    try {
      const room = at ?? m.lend(Math.min(rows.length, step * rowBytes));
      for (let begin = 0; begin < rows.length; begin += step * rowBytes) {
        const part = rows.subarray(begin, begin + step * rowBytes);
        if (at === undefined) m.bytes(room, part.length).set(part);
        const count = part.length / rowBytes;
        if (this.#packed.kind === 'int8') this.#takeInt8(room, count);
        else this.#takeFloats(room, count);
        this.#row += count;
      }
    } finally {
      m.takeBack();
    }
  }

  done(): WasmStorage {
    this.#freeScales();
    return this.#storage;
  }

  drop(): void {
    this.#freeScales();
    this.#holder.free(this.#storage);
  }

  #freeScales(): void {
    if (this.#scales !== undefined) this.#m.heap.free(this.#scales.at, this.#scales.bytes);
  }

  #takeInt8(from: number, count: number): void {
    const [m, row, { N, K, layout }, to] = [this.#m, this.#row, this.#packed, this.#storage.at];
    const bad = m.lend(4);
    m.bytes(bad, 4).fill(0);
    const work = products * count * this.#spec.shape[1];
    if (layout === '[out, in]') {
      const panel = to + row * outputBytes(K);
      if (this.#scales === undefined) m.divide(work, 'quantiseRows', from, panel, count, K, bad);
      else m.divide(work, 'placeRows', from, this.#scales.at + 2 * row * blocksOf(K), panel, count, K, bad);
    } else if (this.#scales === undefined) m.divide(work, 'quantiseColumns', from, to, count, N, K, row, bad);
    else m.divide(work, 'placeColumns', from, this.#scales.at + 2 * (row / block) * N, to, count, N, K, row, bad);
    if (m.view(bad, 'I32', 1)[0] === 0) return;
    throw this.#scales === undefined ? notFinite(this.#spec) : notQuantised(this.#spec);
  }

  #takeFloats(from: number, count: number): void {
    const m = this.#m;
    const size = count * this.#spec.shape[1];
    if (this.#packed.kind === 1 && m.kernels.notFinite(from, size) !== 0) this.#toFloats();
    let at = from;
    if (this.#packed.kind === 0 && this.#stored !== 'F32') {
      const floats = widen(m.view(from, 'F16', size).slice(), this.#spec.dtype);
      at = m.lend(floats.byteLength);
      m.write(at, floats);
    }
    pack(m, at, this.#storage.at, this.#packed, this.#row, count);
  }

  /** An F16 that holds an infinity is kept as float32: see assembly/half.ts. What is packed so far is finite. */
  #toFloats(): void {
    const [m, old] = [this.#m, this.#storage];
    this.#packed = { ...this.#packed, kind: 0 };
    this.#storage = this.#holder.claim(this.#packed);
    for (let at = 0; at < old.bytes; at += piece) {
      const halves = m.view(old.at + at, 'F16', Math.min(piece, old.bytes - at) / 2).slice();
      m.write(this.#storage.at + 2 * at, widen(halves, 'F16'));
    }
    this.#holder.free(old);
  }
}

const sizes = { F32: 4, F16: 2, BF16: 2, I8: 1 } as const;

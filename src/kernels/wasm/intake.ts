import type { Intake, Stored } from '../../tensor/backend.ts';
import { widen } from '../../tensor/floats.ts';
import type { Spec } from '../../tensor/shape.ts';
import { longestBlock as block } from '../codings.ts';
import { isQuantisedSpec, notFinite } from '../quantised.ts';
import { checkScales, notQuantised, pairedBytes } from '../stored-quantised.ts';
import type { Machine } from './machine.ts';
import { pack } from './pack.ts';
import { isWhole, type Packed, type WasmStorage } from './storage.ts';
import { takeWholeRows } from './whole-rows.ts';

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
    this.#m = m;
    this.#holder = holder;
    this.#spec = spec;
    this.#stored = dtype;
    this.#packed = packed;
    this.#storage = holder.claim(packed);
    if (scales === undefined) return;
    try {
      const at = m.heap.alloc(scales.byteLength);
      this.#scales = { at, bytes: scales.byteLength };
      m.write(at, scales);
      const mostOf = (mask: number) => m.kernels.mostOf(at, scales.length, mask);
      if (isQuantisedSpec(spec)) checkScales(scales, spec, packed.layout, mostOf);
    } catch (error) {
      this.drop();
      throw error;
    }
  }

  add(rows: Uint8Array): void {
    const m = this.#m;
    const rowBytes = bytesOfRow(this.#stored, this.#spec.shape[1]);
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
        if (isWhole(this.#packed.kind)) this.#takeWhole(room, count);
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

  #takeWhole(from: number, count: number): void {
    const spec = this.#spec;
    const rows = { from, count, row: this.#row, scales: this.#scales?.at, to: this.#storage.at };
    if (takeWholeRows(this.#m, this.#packed, rows) || !isQuantisedSpec(spec)) return;
    throw this.#scales === undefined ? notFinite(spec) : notQuantised(spec);
  }

  #takeFloats(from: number, count: number): void {
    const m = this.#m;
    const size = count * this.#spec.shape[1];
    if (this.#packed.kind === 1 && m.kernels.mostOf(from, size, 0x7fff) >= 0x7c00) this.#toFloats();
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

function bytesOfRow(stored: Stored['dtype'], columns: number): number {
  return stored === 'U4' ? pairedBytes(columns) : columns * sizes[stored];
}

const sizes = { F32: 4, F16: 2, BF16: 2, I8: 1 } as const;

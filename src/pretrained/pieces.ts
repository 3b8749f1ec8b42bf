/** The bytes of tensors, some rows at a time: small enough to stay in a cache until they are where they belong. */
import { longestBlock as block } from '../kernels/codings.ts';
import type { TensorFile } from '../safetensors/file.ts';
import type { Backend, Room } from '../tensor/backend.ts';

/** Bytes of a piece, if 64 rows are not more. Of a file in the system's cache, 2 to 8 MB come equally fast. */
const PIECE = 2 ** 21;

/** A run of bytes of one tensor. */
export interface Piece {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

/** Brings pieces in their order; each is good until the next one is asked for. */
export type PieceReader = (pieces: readonly Piece[]) => AsyncGenerator<Uint8Array, void>;

/** A tensor in pieces of whole rows, 64 or a multiple of them. */
export function piecesOf(name: string, rows: number, rowBytes: number): Piece[] {
  const step = Math.max(block, Math.floor(PIECE / (rowBytes * block)) * block);
  const pieces: Piece[] = [];
  for (let row = 0; row < rows; row += step) {
    pieces.push({ name, offset: row * rowBytes, length: Math.min(step, rows - row) * rowBytes });
  }
  return pieces;
}

/** From a file, where the backend takes them from: the next piece is read while this one is used. */
export const readAhead = (file: TensorFile, backend: Backend): PieceReader =>
  async function* (pieces) {
    const longest = Math.max(0, ...pieces.map(({ length }) => length));
    const rooms: Room[] = [];
    const read = (i: number): Promise<Uint8Array> | undefined => {
      if (i >= pieces.length) return undefined;
      const { name, offset, length } = pieces[i];
      const reading = file.readAt(name, offset, rooms[i % 2].bytes.subarray(0, length));
      reading.catch(() => {}); // who waits for it is told
      return reading;
    };
    let next: Promise<Uint8Array> | undefined;
    try {
      for (let i = 0; i < 2; i++) rooms.push(backend.room(longest));
      next = read(0);
      for (let i = 1; next !== undefined; i++) {
        const bytes: Uint8Array = await next;
        next = read(i);
        yield bytes;
      }
    } finally {
      await next?.catch(() => {}); // until then the room is not free
      for (const room of rooms) room.free();
    }
  };

/** From memory, which lets go of a tensor when the next one is asked for. */
export const fromMemory = (tensors: Map<string, Uint8Array>): PieceReader =>
  async function* (pieces) {
    for (const { name, offset, length } of pieces) {
      const bytes = tensors.get(name);
      if (bytes === undefined) continue;
      yield bytes.subarray(offset, offset + length);
      if (offset + length === bytes.length) tensors.delete(name);
    }
  };

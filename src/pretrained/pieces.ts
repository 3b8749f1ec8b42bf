/** The bytes of tensors, some rows at a time: small enough to stay in a cache until they are where they belong. */
import { longestBlock as block } from '../kernels/codings.ts';
import { find, type TensorFile } from '../safetensors/file.ts';
import type { Backend, Room } from '../tensor/backend.ts';

/** Bytes of a piece, if 64 rows are not more. Of a file in the system's cache, 2 to 8 MB come equally fast. */
const PIECE = 2 ** 21;
/** A tensor of at most so many bytes is read together with those that are wanted next, up to so many in all. */
const SMALL = 2 ** 18;
const TOGETHER = 2 ** 20;

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

/**
 * From a file, where the backend takes them from: while a piece is used, the next reads are under way. Small tensors come
 * many at a time, because a read costs as much as half a megabyte.
 */
export const readAhead = (file: TensorFile, backend: Backend): PieceReader =>
  async function* (pieces) {
    const reads = readsOf(file, pieces);
    const longest = Math.max(0, ...reads.map((read) => (read.length > 1 ? 0 : read[0].length)));
    const rooms: Room[] = [];
    const coming = new Map<Piece, Promise<Uint8Array>>();
    let [begun, used, placed] = [0, 0, 0];
    const begin = (): void => {
      const read = reads[begun++];
      const [{ name, offset, length }] = read;
      const bytes =
        read.length > 1
          ? file.readMany(read.map((piece) => piece.name))
          : file
              .readAt(name, offset, rooms[placed++ % rooms.length].bytes.subarray(0, length))
              .then((alone) => [alone]);
      for (const [i, piece] of read.entries()) {
        const own = bytes.then((all) => all[i]);
        own.catch(() => {}); // who waits for it is told
        coming.set(piece, own);
      }
    };
    try {
      for (let i = 0; i <= file.ahead; i++) rooms.push(backend.room(longest));
      for (let i = 0; i < file.ahead && i < reads.length; i++) begin();
      for (const piece of pieces) {
        const bytes = await coming.get(piece);
        coming.delete(piece);
        if (reads[used]?.[0] === piece) used++;
        while (begun - used < file.ahead && begun < reads.length) begin();
        if (bytes !== undefined) yield bytes;
      }
    } finally {
      await Promise.allSettled(coming.values()); // until then the room is not free
      for (const room of rooms) room.free();
    }
  };

/** What comes by one read, in the order in which it is wanted: a piece, or several small tensors. */
function readsOf(file: TensorFile, pieces: readonly Piece[]): Piece[][] {
  const reads: Piece[][] = [];
  let [group, size]: [Piece[], number] = [[], TOGETHER];
  for (const piece of pieces) {
    const whole = piece.length <= SMALL && piece.length === find(file, piece.name).bytes;
    if (!whole) reads.push([piece]);
    else if (size + piece.length <= TOGETHER) {
      group.push(piece);
      size += piece.length;
    } else {
      [group, size] = [[piece], piece.length];
      reads.push(group);
    }
  }
  return reads;
}

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

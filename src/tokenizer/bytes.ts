/**
 * GPT-2 spells bytes as visible characters: printable Latin-1 stands for itself, the 68 others (white space, controls,
 * U+00AD) become U+0100, U+0101, … in order; a space is `Ġ`.
 *
 * Source    Radford et al. 2019, encoder.py, bytes_to_unicode
 */
export const byteToChar: readonly string[] = spellBytes();

function spellBytes(): string[] {
  let shifted = 0;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isVisible(byte) ? byte : 0x100 + shifted++));
}

const charToByte: ReadonlyMap<string, number> = new Map(byteToChar.map((char, byte) => [char, byte]));

function isVisible(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
}

/** Every piece's bytes, one after the other in one array. */
export interface ByteTable {
  readonly bytes: Uint8Array;
  /** Piece i is bytes[starts[i], starts[i + 1]). */
  readonly starts: Int32Array;
}

/** The bytes pieces stand for; a piece with any character outside the table stands for its own UTF-8. */
export function byteTable(pieces: readonly string[]): ByteTable {
  const units = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const bytes = new Uint8Array(3 * units);
  const starts = new Int32Array(pieces.length + 1);
  const encoder = new TextEncoder();
  let end = 0;
  pieces.forEach((piece, i) => {
    const start = end;
    for (let at = 0; at < piece.length; at++) {
      const byte = charToByte.get(piece[at]);
      if (byte === undefined) {
        end = start + encoder.encodeInto(piece, bytes.subarray(start)).written;
        break;
      }
      bytes[end++] = byte;
    }
    starts[i + 1] = end;
  });
  return { bytes: bytes.slice(0, end), starts };
}

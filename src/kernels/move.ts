import type { Host } from '../tensor/op.ts';
import type { Shape } from '../tensor/shape.ts';

/**
 * The elements as words of 1, 2 or 4 bytes: ops that only move elements work on these for every dtype, and never touch
 * the payload of a NaN. An I64 is two words.
 */
export interface Words {
  readonly words: Uint8Array | Uint16Array | Uint32Array;
  readonly perElement: 1 | 2;
}

export function wordsOf({ data }: Host): Words {
  const { buffer, byteOffset, length } = data;
  switch (data.BYTES_PER_ELEMENT) {
    case 1:
      return { words: new Uint8Array(buffer, byteOffset, length), perElement: 1 };
    case 2:
      return { words: new Uint16Array(buffer, byteOffset, length), perElement: 1 };
    case 4:
      return { words: new Uint32Array(buffer, byteOffset, length), perElement: 1 };
    default:
      return { words: new Uint32Array(buffer, byteOffset, length * 2), perElement: 2 };
  }
}

/** Rows at least this long are copied whole; shorter ones word by word, which costs less than making a view. */
const wholeRow = 32;

/** Fills `to`, row-major of `shape`, from anywhere in `from`: to[i, j, …] = from[offset + i·strides[0] + j·strides[1] + …]. */
export function moveStrided(from: Host, to: Host, shape: Shape, strides: readonly number[], offset = 0): void {
  const { words: source, perElement } = wordsOf(from);
  const target = wordsOf(to).words;
  const sizes = [...shape, perElement];
  const steps = [...strides.map((step) => step * perElement), 1];
  while (sizes.length > 1 && steps[sizes.length - 2] === sizes[sizes.length - 1] * steps[sizes.length - 1]) {
    sizes[sizes.length - 2] *= sizes[sizes.length - 1]; // the last two axes lie together: one longer row
    steps[sizes.length - 2] = steps[sizes.length - 1];
    sizes.pop();
  }
  const last = sizes.length - 1;
  const [n, step] = [sizes[last], steps[last]];
  let o = 0;
  const level = (axis: number, at: number): void => {
    if (axis < last) {
      for (let i = 0; i < sizes[axis]; i++) level(axis + 1, at + i * steps[axis]);
    } else if (step === 1 && n >= wholeRow) {
      target.set(source.subarray(at, at + n), o);
      o += n;
    } else {
      for (let i = 0; i < n; i++) target[o++] = source[at + i * step];
    }
  };
  level(0, offset * perElement);
}

/** Quantised weights as a file has them: scales in bfloat16, in the order of the weight; whole numbers of 4 bits in pairs. */
import { NumericError } from '../errors.ts';
import type { Scales } from '../tensor/op.ts';
import { describe, type Spec } from '../tensor/shape.ts';
import { blocksOf, codings } from './codings.ts';
import type { Layout } from './linear.ts';
import { type QuantisedSpec, sidesOf } from './quantised.ts';

/** The scales of a stored weight, bfloat16, as its tensor has them: float32 [outputs blocks]. As `checkScales`. */
export function scalesOf(stored: Uint16Array, spec: QuantisedSpec, layout: Layout): Scales {
  const { N, K } = sidesOf(spec.shape, layout);
  checkScales(stored, spec, layout);
  const { block } = codings[spec.dtype];
  const blocks = blocksOf(K, block);
  const values = new Float32Array(N * blocks);
  const bits = new Uint32Array(values.buffer);
  const [nStep, bStep] = layout === '[out, in]' ? [blocks, 1] : [1, N];
  for (let n = 0; n < N; n++) {
    for (let b = 0; b < blocks; b++) bits[n * blocks + b] = stored[n * nStep + b * bStep] << 16;
  }
  return { values, layout, block };
}

/** The same the other way: scales as a stored weight has them. */
export function storedScales({ values, layout, block }: Scales, spec: Spec): Uint16Array {
  const { N, K } = sidesOf(spec.shape, layout);
  const blocks = blocksOf(K, block);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const stored = new Uint16Array(values.length);
  const [nStep, bStep] = layout === '[out, in]' ? [blocks, 1] : [1, N];
  for (let n = 0; n < N; n++) {
    for (let b = 0; b < blocks; b++) stored[n * nStep + b * bStep] = bits[n * blocks + b] >>> 16;
  }
  return stored;
}

/**
 * Scales of a stored weight: as many as it has blocks and finite, which a bfloat16 is below 0x7f80; of Q8 not negative.
 * `mostOf` gives the largest of them where only the bits of a mask count.
 */
export function checkScales(
  stored: Uint16Array,
  spec: QuantisedSpec,
  layout: Layout,
  mostOf = (mask: number) => stored.reduce((most, bits) => Math.max(most, bits & mask), 0),
): void {
  const { N, K } = sidesOf(spec.shape, layout);
  const { block, signed } = codings[spec.dtype];
  const count = N * blocksOf(K, block);
  if (stored.length === count && mostOf(signed ? 0x7fff : 0xffff) < 0x7f80) return;
  throw new NumericError(
    `a stored weight needs ${count} scales, finite${signed ? '' : ' and not negative'}: ${describe(spec)}`,
    { op: 'quantise', where: spec.label && `weight "${spec.label}"` },
  );
}

/** What quantising cannot give: a number outside its range, or in a block without a scale anything but 0. */
export function notQuantised(spec: QuantisedSpec): NumericError {
  const { least, most } = codings[spec.dtype];
  return new NumericError(
    `a stored weight must hold ${String(least).replace('-', '−')} … ${most}, and 0 where its scale is 0: ${describe(spec)} does not`,
    { op: 'quantise', where: spec.label && `weight "${spec.label}"` },
  );
}

/** Bytes of a row of so many numbers of 4 bits. */
export function pairedBytes(columns: number): number {
  return (columns + 1) >> 1;
}

/** Rows of numbers from −8 to 7, two of a row in a byte: the first one in the lower half; half a byte may be left. */
export function inPairs(data: Int8Array, columns: number): Uint8Array {
  const [rows, step] = [columns === 0 ? 0 : data.length / columns, pairedBytes(columns)];
  const pairs = new Uint8Array(rows * step);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) pairs[i * step + (j >> 1)] |= (data[i * columns + j] & 15) << (4 * (j & 1));
  }
  return pairs;
}

/** The same the other way. */
export function outOfPairs(pairs: Uint8Array, columns: number): Int8Array {
  const step = pairedBytes(columns);
  const rows = step === 0 ? 0 : pairs.length / step;
  const data = new Int8Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      data[i * columns + j] = (pairs[i * step + (j >> 1)] << (28 - 4 * (j & 1))) >> 28;
    }
  }
  return data;
}

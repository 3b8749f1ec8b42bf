/** One case of the safetensors goldens against the reader: verdict, tensors, metadata, values. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import { openSafetensors, type TensorFile } from '../../src/safetensors/index.ts';
import { bf16ToF32, f16ToF32 } from '../../src/tensor/half.ts';

export interface GoldenCase {
  readonly name: string;
  readonly file: string;
  readonly accepted: boolean;
  readonly tensors?: readonly [name: string, dtype: string, shape: number[], bytes: number][];
  readonly metadata?: Readonly<Record<string, string>> | null;
  readonly values?: Readonly<Record<string, readonly (string | boolean)[]>>;
}

/** What the reference implementation opens and we don't: a key that occurs twice. */
export const stricter: readonly string[] = ['duplicate-tensor-same', 'duplicate-metadata-key'];

export function goldenCases(folder: string): GoldenCase[] {
  return JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')).cases;
}

export async function checkGoldenCase(folder: string, golden: GoldenCase): Promise<void> {
  const bytes = readFileSync(join(folder, golden.file));
  const opened = openSafetensors(bytes, { name: golden.name });
  if (!golden.accepted || stricter.includes(golden.name)) {
    const error = await opened.then(
      () => undefined,
      (cause) => cause,
    );
    expect(error).toBeInstanceOf(FormatError);
    expect(error.where).toContain(golden.name);
    return;
  }
  const file = await opened;
  const got = [...file.tensors].map(([name, { dtype, shape, bytes }]) => [name, dtype, shape, bytes]);
  expect(got.sort(byName)).toEqual([...(golden.tensors ?? [])].sort(byName));
  expect(Object.fromEntries(file.metadata)).toEqual(golden.metadata ?? {});
  for (const [name, values] of Object.entries(golden.values ?? {})) {
    const isFloat = /^B?F/.test(file.tensors.get(name)?.dtype ?? '');
    expect(await numbers(file, name)).toEqual(values.map((text) => (isFloat ? Number(text) : BigInt(text))));
  }
}

function byName(a: readonly unknown[], b: readonly unknown[]): number {
  return String(a[0]) < String(b[0]) ? -1 : 1;
}

/** Floats of every width as numbers; integers and BOOL as bigints. */
async function numbers(file: TensorFile, name: string): Promise<(number | bigint)[]> {
  const values = await file.values(name);
  const dtype = file.tensors.get(name)?.dtype;
  if (values instanceof Uint16Array && dtype === 'F16') return [...f16ToF32(values)];
  if (values instanceof Uint16Array && dtype === 'BF16') return [...bf16ToF32(values)];
  if (dtype === 'F8_E4M3' || dtype === 'F8_E5M2') return [...values].map((byte) => float8(Number(byte), dtype));
  return [...values].map((x) => (dtype === 'F32' || dtype === 'F64' ? Number(x) : BigInt(x)));
}

/** An 8-bit float by the definition of its format. */
function float8(byte: number, dtype: 'F8_E4M3' | 'F8_E5M2'): number {
  const [bits, bias] = dtype === 'F8_E4M3' ? [3, 7] : [2, 15];
  const sign = byte & 0x80 ? -1 : 1;
  const exponent = (byte & 0x7f) >> bits;
  const fraction = (byte & (2 ** bits - 1)) / 2 ** bits;
  if (dtype === 'F8_E4M3' && (byte & 0x7f) === 0x7f) return NaN;
  if (dtype === 'F8_E5M2' && exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

/** Files for tests: raw bytes of any header, well-formed tensors of every dtype, and errors caught. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { BatonError } from '../../src/errors.ts';
import { fileDtypes, type TensorToWrite } from '../../src/safetensors/index.ts';
import { byteLength } from '../../src/safetensors/layout.ts';

/** A file put together by hand: length, header text, data. */
export function rawFile(
  header: string | Uint8Array,
  data: ArrayLike<number> = [],
  length?: bigint,
): Uint8Array<ArrayBuffer> {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}

export type TensorBytes = TensorToWrite<Uint8Array>;

const names = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', '', '7', '10', 'a\n"\\', '\u{1f600}', '\uffee', 'h.0.attn.c_attn.weight'),
  fc.string({ unit: 'binary', maxLength: 6 }),
);

/** Tensors of every dtype, of rank 0 to 4, some empty, with any bytes (so with any NaN). */
export const anyTensors: fc.Arbitrary<TensorBytes[]> = fc
  .uniqueArray(
    fc.record({
      name: names.filter((name) => name !== '__metadata__'),
      dtype: fc.constantFrom(...fileDtypes),
      shape: fc.array(fc.nat(4), { maxLength: 4 }),
    }),
    { selector: ({ name }) => name, maxLength: 8 },
  )
  .chain((specs) => {
    const whole = specs.map((spec) => (/^F[46]/.test(spec.dtype) ? { ...spec, shape: [...spec.shape, 4] } : spec));
    return fc.tuple(
      ...whole.map((spec) => {
        const size = byteLength(spec);
        return fc.uint8Array({ minLength: size, maxLength: size }).map((data) => ({ ...spec, data }));
      }),
    );
  });

export const anyMetadata = fc
  .uniqueArray(fc.tuple(names, fc.string({ unit: 'binary', maxLength: 6 })), { selector: ([key]) => key, maxLength: 4 })
  .map((entries) => new Map(entries));

/** What a call throws or rejects with: it must be of this class, and its message must begin like this. */
export async function expectError(
  action: () => unknown,
  kind: new (summary: string) => BatonError,
  message: string | RegExp,
): Promise<BatonError> {
  let error: unknown;
  try {
    await action();
  } catch (cause) {
    error = cause;
  }
  expect(error).toBeInstanceOf(kind);
  const thrown = error as BatonError;
  if (typeof message === 'string') expect(thrown.message).toContain(message);
  else expect(thrown.message).toMatch(message);
  return thrown;
}

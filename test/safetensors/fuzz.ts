/** Mutations of valid files, and what must hold for whatever comes out. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import { openSafetensors, writeSafetensors } from '../../src/safetensors/index.ts';
import { anyMetadata, anyTensors, type TensorBytes } from './files.ts';

const tokens = [
  ...['{', '}', '[', ']', ',', ':', '"', '\\', ' ', '\n', '0', '9', '-', '.', 'e5', 'null', 'true', '{}', '[]', '""'],
  ...[
    '"x":',
    '"dtype"',
    '"shape"',
    '"data_offsets"',
    '"__metadata__"',
    '"F32"',
    '"F4"',
    '\\u0041',
    '\\ud800',
    '\u0000',
    '\uffff',
  ],
  ...['18446744073709551615', '18446744073709551616', '9007199254740993', '1e400', '[[[[[[[[[[', '{"a":{"a":{"a":'],
].map((token) => new TextEncoder().encode(token));

interface Mutation {
  readonly at: number;
  readonly remove: number;
  readonly insert: Uint8Array;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  remove: fc.constantFrom(0, 0, 1, 1, 2, 5, 20),
  insert: fc.oneof(fc.constantFrom(...tokens), fc.uint8Array({ maxLength: 3 })),
});

/** A valid file, changed in a few places of its header, its length or its end. */
export const mutatedFile: fc.Arbitrary<Uint8Array> = fc
  .record({
    tensors: anyTensors,
    metadata: anyMetadata,
    mutations: fc.array(mutation, { minLength: 1, maxLength: 4 }),
    place: fc.constantFrom('header', 'header with its length told', 'length', 'anywhere', 'cut'),
  })
  .map(({ tensors, metadata, mutations, place }) => {
    const file = writeSafetensors(tensors, metadata);
    const dataStart = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
    if (place === 'cut') return file.subarray(0, mutations[0].at * file.length);
    const header = place.startsWith('header');
    const [begin, end] = place === 'length' ? [0, 8] : header ? [8, dataStart] : [0, file.length];
    const part = mutations.reduce(mutate, file.subarray(begin, end));
    const result = join(file.subarray(0, begin), place === 'length' ? part.subarray(0, 8) : part, file.subarray(end));
    if (place === 'header with its length told') new DataView(result.buffer).setBigUint64(0, BigInt(part.length), true);
    return result;
  });

function mutate(bytes: Uint8Array, { at, remove, insert }: Mutation): Uint8Array {
  const begin = Math.floor(at * bytes.length);
  return join(bytes.subarray(0, begin), insert, bytes.subarray(begin + remove));
}

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A FormatError that says where, or a file whose contents survive being written and read again. Returns which. */
export async function checkFile(bytes: Uint8Array): Promise<'refused' | 'opened'> {
  let file: Awaited<ReturnType<typeof openSafetensors>>;
  try {
    file = await openSafetensors(bytes, { name: 'fuzz' });
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).where).toMatch(/^fuzz/);
    return 'refused';
  }
  const tensors: TensorBytes[] = [];
  let at = bytes.length;
  for (const [name, { dtype, shape, begin, end }] of [...file.tensors].reverse()) {
    expect(end).toBe(at); // no holes, no overlaps, nothing outside of the file
    at = begin;
    tensors.push({ name, dtype, shape, data: await file.read(name) });
  }
  if (tensors.some(({ shape }) => shape.some((size) => !Number.isSafeInteger(size)))) return 'opened';
  const again = await openSafetensors(writeSafetensors(tensors, file.metadata));
  expect(again.metadata).toEqual(file.metadata);
  for (const { name, dtype, shape, data } of tensors) {
    expect(again.tensors.get(name)).toMatchObject({ dtype, shape });
    expect(await again.read(name)).toEqual(data);
  }
  return 'opened';
}

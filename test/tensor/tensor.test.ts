import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { append } from '../../src/kernels/append.ts';
import { tensor, zeros } from '../../src/kernels/create.ts';
import { ReferenceBackend } from '../../src/kernels/reference-backend.ts';
import { reshape } from '../../src/kernels/reshape.ts';
import { slice } from '../../src/kernels/slice.ts';
import { allocate, bytesPerElement, type Dtype, dtypes, fits, isFloat } from '../../src/tensor/dtype.ts';
import { sizeOf } from '../../src/tensor/shape.ts';
import { type Nested, Tensor } from '../../src/tensor/tensor.ts';
import { shape } from '../arbitraries.ts';
import { runs } from '../seed.ts';

/** Values that each dtype holds exactly, and what reading and listing give. */
const examples: [Dtype, Nested[], ArrayLike<number | bigint>][] = [
  ['F32', [1.5, -2], Float32Array.of(1.5, -2)],
  ['F16', [1.5, -2], Uint16Array.of(0x3e00, 0xc000)],
  ['BF16', [1.5, -2], Uint16Array.of(0x3fc0, 0xc000)],
  ['I32', [2147483647, -2], Int32Array.of(2147483647, -2)],
  ['I64', [2n ** 62n, -2n], BigInt64Array.of(2n ** 62n, -2n)],
  ['U8', [255, 2], Uint8Array.of(255, 2)],
  ['BOOL', [true, false], Uint8Array.of(1, 0)],
  ['I8', [-128, 2], Int8Array.of(-128, 2)],
];

describe('dtypes', () => {
  it('are the eight of the contract, with the bytes they take', () => {
    expect(dtypes.map((dtype) => [dtype, bytesPerElement(dtype)])).toEqual([
      ['F32', 4],
      ['F16', 2],
      ['BF16', 2],
      ['I32', 4],
      ['I64', 8],
      ['U8', 1],
      ['BOOL', 1],
      ['I8', 1],
    ]);
    expect(dtypes.filter(isFloat)).toEqual(['F32', 'F16', 'BF16']);
  });

  it('each has its array', () => {
    for (const dtype of dtypes) {
      const data = allocate(dtype, 3);
      expect([data.length, fits(data, dtype), fits(new Float64Array(3), dtype)]).toEqual([3, true, false]);
    }
  });
});

describe('Tensor', () => {
  it.each(examples)('%s is read and listed as what was put in', async (dtype, values, raw) => {
    const x = tensor(values, { dtype });
    expect(await x.read()).toEqual(raw);
    expect(x.toArray()).toEqual(values);
    expect([x.size, x.rank, x.dtype]).toEqual([2, 1, dtype]);
  });

  it('lists nest as deeply as the tensor has axes', () => {
    const sized = shape(4, 3);
    const nest = ([n, ...rest]: number[], next: () => number): Nested =>
      n === undefined ? next() : Array.from({ length: n }, () => nest(rest, next));
    fc.assert(
      fc.property(sized, (dims) => {
        let [made, told] = [0, 0];
        const data = Float32Array.from({ length: sizeOf(dims) }, () => made++);
        expect(tensor(data, { shape: dims }).toArray()).toEqual(nest(dims, () => told++));
      }),
      runs(100),
    );
  });

  it('what is read is a copy', async () => {
    const x = tensor([1, 2]);
    const raw = await x.read();
    raw[0] = 9;
    (await x.readFloats())[0] = 9;
    expect(x.toArray()).toEqual([1, 2]);
  });

  it('halves are read as floats on request, integers are not', async () => {
    expect(await tensor([0.5, 65504], { dtype: 'F16' }).readFloats()).toEqual(Float32Array.of(0.5, 65504));
    await expect(tensor([1], { dtype: 'I32' }).readFloats()).rejects.toThrow(
      'widen: expected F32, F16 or BF16, got I32',
    );
  });

  it('its shape is its own', () => {
    const dims = [2, 1];
    const x = zeros(dims);
    dims[0] = 3;
    expect(x.shape).toEqual([2, 1]);
  });

  it('used after dispose it says so; a label names it', async () => {
    const backend = new ReferenceBackend();
    const spec = { dtype: 'F32' as const, shape: [1], label: 'wte.weight' };
    const x = new Tensor(backend, backend.upload(Float32Array.of(1), spec), spec);
    x[Symbol.dispose]();
    expect(x.disposed).toBe(true);
    expect(() => x.toArray()).toThrow('tensor [1] is used after it was disposed\n  in wte.weight');
    await expect(x.read()).rejects.toThrow(expect.objectContaining({ code: 'STATE' }));
    expect(x.toString()).toBe('Tensor F32 [1] (disposed)');
  });

  it('peek says where the numbers are when they are elsewhere', () => {
    const near = new ReferenceBackend();
    const spec = { dtype: 'F32' as const, shape: [1] };
    const storage = near.upload(Float32Array.of(1), spec);
    // Answers as a backend does whose memory is on a GPU.
    const far = new Proxy(near, {
      get: (target, key) => (key === 'peek' ? () => undefined : Reflect.get(target, key)),
    });
    const x = new Tensor(far, storage, spec);
    expect(() => x.peek()).toThrow('the numbers of a tensor on backend "reference" are not in this memory');
    expect(x.toString()).toBe('Tensor F32 [1] (not in this memory: await read())');
  });
});

describe('memory', () => {
  it('counts shared storage once, and returns to zero', () => {
    const backend = new ReferenceBackend();
    const x = tensor([1, 2, 3, 4], { backend });
    const view = reshape(x, [2, 2]);
    const part = slice(view, 0, 1, 2);
    expect(backend.memory).toEqual({ blocks: 1, bytes: 16 });
    x.dispose();
    view.dispose();
    expect(backend.memory).toEqual({ blocks: 1, bytes: 16 });
    part.dispose();
    expect(backend.memory).toEqual({ blocks: 0, bytes: 0 });
  });

  it('an append tells the room it keeps', () => {
    const backend = new ReferenceBackend();
    const one = tensor([[1, 2]], { backend });
    const two = append(one, one);
    expect(backend.memory).toEqual({ blocks: 2, bytes: 8 + 32 });
    const three = append(two, one);
    expect(backend.memory).toEqual({ blocks: 2, bytes: 8 + 32 });
    for (const t of [one, two, three]) t.dispose();
    expect(backend.memory).toEqual({ blocks: 0, bytes: 0 });
  });

  it('rejects data that is not what the spec says', () => {
    const backend = new ReferenceBackend();
    expect(() => backend.upload(new Float32Array(3), { dtype: 'F32', shape: [2], label: 'w' })).toThrow(
      'upload: "data" must hold 2 elements of F32, got Float32Array(3)\n  in w',
    );
    expect(() => backend.upload(new Int32Array(2), { dtype: 'F32', shape: [2] })).toThrow(
      expect.objectContaining({ code: 'DTYPE' }),
    );
  });

  it('a disposed backend refuses work, and its tensors can still be disposed', () => {
    const backend = new ReferenceBackend();
    const x = tensor([1], { backend });
    backend.dispose();
    expect(() => x.toArray()).toThrow('reference: the backend was disposed');
    expect(() => tensor([1], { backend })).toThrow('reference: the backend was disposed');
    x.dispose();
    expect(backend.memory).toEqual({ blocks: 0, bytes: 0 });
  });
});

/**
 * Above 2 GiB an address has its highest bit set, and wasm gives it back as a negative number: kernels, glue and whole
 * models compute there what they compute below, bit for bit, up to the last byte there is.
 */
import { describe, expect, it, onTestFinished } from 'vitest';
import { StateError } from '../../src/errors.ts';
import {
  add,
  append,
  attentionScores,
  embedding,
  gelu,
  layerNorm,
  linear,
  matmul,
  mix,
  rmsNorm,
  scope,
  slice,
  softmax,
  splitHeads,
  transpose,
} from '../../src/index.ts';
import { attention } from '../../src/kernels/attention.ts';
import { maximum } from '../../src/kernels/wasm/create.ts';
import { ahead, begin } from '../../src/kernels/wasm/machine.ts';
import { WasmStorage } from '../../src/kernels/wasm/storage.ts';
import { AutoModel } from '../../src/pretrained/auto-model.ts';
import type { Backend, Use } from '../../src/tensor/backend.ts';
import { isQuantised, type QuantisedDtype } from '../../src/tensor/dtype.ts';
import { narrow } from '../../src/tensor/floats.ts';
import { type Shape, sizeOf } from '../../src/tensor/shape.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { quantise, upload } from '../../src/tensor/upload.ts';
import { type Team, teamOf } from '../kernels/wasm/team.ts';

const GiB = 2 ** 30;
/** Nothing is put behind this. */
const end = maximum * 65536 - ahead;
/** Where tensors are put, of which all together take so many bytes. */
const places = {
  'above 2 GiB': () => 2 * GiB,
  'across 2 GiB': (bytes: number) => 2 * GiB - 128 * Math.floor(bytes / 256),
  'above 3 GiB': () => 3 * GiB,
  'up to the last byte': (bytes: number) => end - bytes,
};

/** Pages that nobody touches cost nothing; a system may refuse to promise them all the same. */
const roomy = (() => {
  try {
    new WebAssembly.Memory({ initial: 1, maximum, shared: true }).grow(maximum - 1);
    return true;
  } catch {
    return false;
  }
})();
const where = roomy ? '' : ' (this system promises no 4 GiB)';

/** Two threads that take part in everything, on a memory whose first bytes are taken. */
async function teamFrom(address: number): Promise<Team> {
  const team = await teamOf(2);
  onTestFinished(() => team.backend.dispose());
  if (address > team.machine.heap.top) team.machine.heap.alloc(address - team.machine.heap.top);
  return team;
}

const addressOf = ({ storage }: Tensor): number => (storage instanceof WasmStorage ? storage.at : Number.NaN);

/** What every kind of kernel makes of the same numbers, as bits; and the lowest and highest addresses they lay at. */
function computed(backend: Backend) {
  const [low, high] = [new Set<number>(), new Set<number>()];
  const seen = (t: Tensor): Tensor => {
    const at = addressOf(t);
    low.add(at);
    high.add(at + backend.bytesOf(t.storage));
    return t;
  };
  const of = (
    shape: Shape,
    seed: number,
    dtype: 'F32' | 'F16' | 'BF16' | QuantisedDtype = 'F32',
    use: Use = 'activation',
  ) => {
    const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(seed + i * 0.7));
    if (isQuantised(dtype)) return seen(quantise(backend, data, { dtype, shape }, use));
    return seen(upload(backend, narrow(data, dtype), { dtype, shape }, use));
  };
  const ids = (...rows: number[]) =>
    seen(upload(backend, Int32Array.from(rows), { dtype: 'I32', shape: [rows.length] }));
  const dtypes = ['F32', 'F16', 'BF16', 'Q8', 'Q4'] as const;
  const bits = scope(() => {
    const x = of([7, 130], 1);
    const [q, keys, values] = [of([2, 3, 5, 8], 2), of([9, 2, 3, 8], 3), of([9, 2, 3, 8], 4)];
    const scores = attentionScores(q, keys, 0.3);
    const made = [
      ...dtypes.flatMap((dtype) => [
        linear(x, of([70, 130], 5, dtype, 'linear [out, in]'), of([70], 6), '[out, in]'),
        linear(slice(x, 0, 2, 3), of([130, 70], 5, dtype, 'linear [in, out]'), undefined, '[in, out]'),
        embedding(of([40, 130], 7, dtype, 'table'), ids(39, 0, 17)),
      ]),
      scores,
      mix(softmax(scores, { past: 4 }), values),
      attention(q, keys, values, { scale: 0.3, past: 4 }),
      matmul(x, of([130, 33], 8)),
      layerNorm(x, of([130], 9), of([130], 10), { eps: 1e-5 }),
      rmsNorm(x, of([130], 9), { eps: 1e-6 }),
      gelu(add(x, of([130], 11)), { form: 'tanh' }),
      append(append(keys, values), keys),
      transpose(x, [1, 0]),
      ...splitHeads(of([2, 3, 24], 12), 4, 1),
    ];
    return made.map((t) => {
      const data = seen(t).peek() ?? expect.unreachable();
      return Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    });
  });
  return { bits, low: Math.min(...low), high: Math.max(...high) };
}

async function written(backend: Backend, folder: string, dtype: string) {
  const model = await AutoModel.from_pretrained(`test/goldens/${folder}`, { backend, dtype });
  if (!('generate' in model)) throw new Error(`${folder} writes nothing`);
  const asked = { max_new_tokens: 6, min_new_tokens: 6, output_logits: true, num_beams: 2 };
  const { sequences, logits } = await model.generate({ input_ids: [[5, 9, 3, 7, 11], [1, 8, 3, 2, 4]], ...asked }); // biome-ignore format: one line
  model.dispose();
  return { sequences, logits };
}

describe(`a memory of 4 GiB${where}`, () => {
  it.skipIf(!roomy).each(Object.entries(places))(
    'kernels compute %s what they compute below',
    async (_where, place) => {
      const low = await teamFrom(0);
      const below = computed(low.backend);
      expect(below.high).toBeLessThan(GiB);
      const bytes = low.machine.heap.top - begin;
      const { backend, machine } = await teamFrom(place(bytes));
      const above = computed(backend);
      expect([above.low, machine.heap.top]).toEqual([place(bytes), place(bytes) + bytes]);
      expect(above.high).toBeGreaterThan(2 * GiB);
      expect(above.bits).toEqual(below.bits);
      expect(backend.memory.blocks).toBe(0);
    },
  );

  it.skipIf(!roomy).each(['f32', 'int8', 'int4'])(
    'whole models write above 2 GiB what they write below, in %s',
    async (dtype) => {
      for (const folder of ['gpt2/basic', 't5/v11', 'hybrid/gpt2-add']) {
        const { backend, machine } = await teamFrom(2 * GiB);
        const above = await written(backend, folder, dtype);
        expect(machine.heap.top).toBeGreaterThan(2 * GiB + 128);
        expect(above).toEqual(await written((await teamFrom(0)).backend, folder, dtype));
      }
    },
  );

  it.skipIf(!roomy)('a row in the last bytes there are is read like any other', async () => {
    const { backend, machine } = await teamFrom(0);
    const ones = (rows: number) => new Float32Array(64 * rows).fill(1);
    const w = upload(backend, ones(32), { dtype: 'F32', shape: [32, 64] }, 'linear [out, in]');
    while (machine.heap.alloc(128) < machine.heap.top - 128); // no gap is left below
    const room = machine.heap.alloc(2 ** 20);
    machine.heap.alloc(end - machine.heap.top - 256);
    const x = upload(backend, ones(1), { dtype: 'F32', shape: [1, 64] });
    expect(addressOf(x) + 256).toBe(end);
    machine.heap.free(room, 2 ** 20);
    expect(await linear(x, w, undefined, '[out, in]').readFloats()).toEqual(new Float32Array(32).fill(64));
  });

  it.skipIf(!roomy)('has a wall: a typed error, and what is there stays usable', async () => {
    const { backend, memory } = await teamFrom(4 * GiB - 2 ** 20);
    expect(memory.buffer.byteLength).toBeLessThanOrEqual(end + ahead);
    const x = upload(backend, new Float32Array(2 ** 17).fill(2), { dtype: 'F32', shape: [2 ** 17] }); // half a megabyte
    const full = 'the memory of WebAssembly is full';
    const weight = { dtype: 'F32', shape: [2 ** 9, 2 ** 9] } as const;
    expect(() => add(x, x)).toThrow(StateError);
    expect(() => append(x, x)).toThrow(full);
    expect(() => backend.intake(weight, 'linear [out, in]', { dtype: 'F32' })).toThrow(full);
    expect(() => backend.room(2 ** 20)).toThrow(full);
    expect(() => upload(backend, new Float32Array(2 ** 18), weight, 'table')).toThrow(full);
    expect(backend.memory).toEqual({ blocks: 1, bytes: 2 ** 19 });
    const sum = scope(() => add(slice(x, 0, 0, 3), slice(x, 0, 3, 6)));
    expect([...(await sum.read())]).toEqual([4, 4, 4]);
    sum.dispose();
    await expect(AutoModel.from_pretrained('weights/en-de/llm', { backend })).rejects.toThrow(full);
    expect(backend.memory).toEqual({ blocks: 1, bytes: 2 ** 19 });
  });
});

/** The suite that every engine goes through, on engines that only pretend. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { peakModule } from '../../bench/kernels/peak-module.mjs';
import { ids, measure } from '../../bench/measure.mjs';
import { onnxWeights } from '../../bench/onnx-weights.mjs';

/** Milliseconds of a clock that stands still but for what the pretender takes. */
let clock = 0;
beforeEach(() => {
  clock = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
});
afterEach(() => vi.restoreAllMocks());

/** Notes what it is asked for, and takes `ms` for each token it reads. */
function pretender(ms = 0) {
  const asked: [rows: number, columns: number, count: number][] = [];
  const generate = async (rows: number[][], count: number) => {
    asked.push([rows.length, rows[0].length, count]);
    clock += ms * rows.length * rows[0].length;
    return rows.map((row) => [...row, ...Array.from({ length: count }, (_, i) => i)]);
  };
  return { asked, generate };
}

describe('measure', () => {
  it('takes every figure of a model that writes, and its answer', async () => {
    const engine = pretender();
    const { figures, left_out, answer } = await measure(engine, { kind: 'gpt2', vocab: 500, quick: true });
    expect(Object.keys(figures)).toEqual([
      'generate_ms',
      ...[16, 128, 512, 1000].map((length) => `prefill_${length}_ms`),
      'decode_ms',
      'batch8_tok_s',
    ]);
    expect(left_out).toEqual([]);
    expect(answer.split(' ')).toHaveLength(64);
    expect(engine.asked).toContainEqual([8, 16, 64]);
  });

  it('asks an encoder for itself, and a process for its age and memory', async () => {
    const encoded: number[] = [];
    const engine = { ...pretender(), encode: async (row: number[]) => void encoded.push(row.length) };
    const told = { elapsed: () => 7, peak_mb: () => 8 };
    const { figures } = await measure(engine, { kind: 't5', vocab: 500, quick: true, ...told });
    expect(figures).toMatchObject({ first_token_ms: 7, peak_mb: 8 });
    expect(new Set(encoded)).toEqual(new Set([16, 128, 512]));
    expect(engine.asked).toContainEqual([8, 64, 64]);
  });

  it('reads no further than a model has positions', async () => {
    const engine = pretender();
    await measure(engine, { kind: 'hybrid', vocab: 500, context: 96, quick: true });
    expect(Math.max(...engine.asked.map(([, columns, count]) => columns + count))).toBeLessThanOrEqual(96);
  });

  it('leaves out what would take too long, and says so', async () => {
    const engine = pretender(1);
    const { left_out } = await measure(engine, { kind: 'gpt2', vocab: 500, quick: true, patience_ms: 100 });
    expect(left_out).toEqual(['prefill_128_ms', 'prefill_512_ms', 'prefill_1000_ms', 'batch8_tok_s']);
    expect(engine.asked.every(([rows, columns]) => rows * columns <= 32)).toBe(true);
  });

  it('takes the figures that are wanted, and no others', async () => {
    const engine = pretender();
    const only = ['prefill_128_ms', 'peak_mb'];
    const { figures } = await measure(engine, { kind: 'gpt2', vocab: 500, only, elapsed: () => 7, peak_mb: () => 8 });
    expect(Object.keys(figures)).toEqual(['peak_mb', 'prefill_128_ms']);
    expect(new Set(engine.asked.map(([, columns]) => columns))).toEqual(new Set([32, 128]));
  });

  it('tells what a token costs where it stands, from the steps of one long answer', async () => {
    const engine = {
      ...pretender(),
      /** A step takes as many milliseconds as the position that it reads, behind a prompt that takes a second. */
      times: async (row: number[], count: number) => {
        const ms = [1000];
        for (let i = 1; i < count; i++) ms.push(ms[i - 1] + row.length + i - 1);
        return ms;
      },
    };
    const { figures } = await measure(engine, { kind: 'gpt2', vocab: 500, context: 1024, only: ['decode_at_512_ms'] });
    expect(figures).toEqual({ decode_at_512_ms: 511.5 });
    const all = await measure(engine, { kind: 'gpt2', vocab: 500, context: 1024 });
    const names = Object.keys(all.figures).filter((name) => name.startsWith('decode_at_'));
    expect(names.map((name) => all.figures[name])).toEqual([15.5, 255.5, 511.5, 999.5]);
  });
});

describe('ids', () => {
  it('are the same for everyone, and inside the vocabulary', () => {
    expect(ids(5, 1000)).toEqual(ids(8, 1000).slice(0, 5));
    expect(ids(500, 200).every((id) => Number.isInteger(id) && id >= 100 && id < 200)).toBe(true);
    expect(ids(5, 1000, 2)).not.toEqual(ids(5, 1000, 1));
  });
});

describe('peakModule', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const loops = (step: string) =>
    new WebAssembly.Instance(new WebAssembly.Module(peakModule(step)), { env: { memory } }).exports;

  it('reads from end to end: the xor of every fourth word', () => {
    const { read } = loops('mulAdd');
    const words = new Int32Array(memory.buffer);
    for (const [at, value] of [
      [0, 5],
      [28, 6],
      [32, 96],
      [1020, 1024],
    ])
      words[at] = value;
    expect(typeof read === 'function' && read(0, 4096)).toBe(5 ^ 6 ^ 96 ^ 1024);
  });

  it.each(['mulAdd', 'dot16'])('multiplies as often as it is told: %s', (step) => {
    const { multiply } = loops(step);
    expect(typeof multiply === 'function' && multiply(1000)).toBe(0); // ten chains of zeros
  });
});

describe('onnxWeights', () => {
  it('finds an F32 tensor by its name, and passes over the rest', () => {
    const field = (number: number, bytes: readonly number[]) => [8 * number + 2, bytes.length, ...bytes];
    const text = (name: string) => [...Buffer.from(name)];
    const tensor = [...field(1, [1, 2]), 16, 1, ...field(8, text('w')), ...field(9, [0, 0, 128, 63, 0, 0, 0, 64])];
    const ids = [8, 1, 16, 7, ...field(8, text('i')), ...field(9, [1, 0, 0, 0, 0, 0, 0, 0])]; // one I64
    const graph = [...field(1, [0]), ...field(5, tensor), ...field(5, ids)];
    const weights = onnxWeights(Buffer.from([8, 9, ...field(7, graph)]));
    expect([...weights.keys()]).toEqual(['w']);
    const { shape, bytes } = weights.get('w') ?? { shape: [], bytes: Buffer.alloc(0) };
    expect([shape, bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual([[1, 2], 1, 2]);
  });
});

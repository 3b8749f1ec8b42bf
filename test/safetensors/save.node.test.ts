import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { LoadError, OptionError, ShapeError } from '../../src/errors.ts';
import {
  openPath,
  openShards,
  saveSafetensors,
  saveShards,
  type TensorToWrite,
  writeSafetensors,
} from '../../src/safetensors/index.node.ts';
import { runs } from '../seed.ts';
import { anyMetadata, anyTensors, expectError } from './files.ts';

const folder = mkdtempSync(join(tmpdir(), 'baton-save-'));
const path = join(folder, 'm.safetensors');
const list = () => readdirSync(folder).sort();
const bytesAt = (file: string) => new Uint8Array(readFileSync(join(folder, file)));
const f32 = (name: string, ...values: number[]): TensorToWrite<Float32Array> => ({
  name,
  dtype: 'F32',
  shape: [values.length],
  data: Float32Array.from(values),
});

afterEach(() => {
  for (const file of readdirSync(folder)) rmSync(join(folder, file), { recursive: true });
});

describe('saveSafetensors', () => {
  it('writes the bytes of writeSafetensors, from arrays and from functions', async () => {
    await fc.assert(
      fc.asyncProperty(anyTensors, anyMetadata, async (tensors, metadata) => {
        const lazy = tensors.map((tensor, i) => (i % 2 === 0 ? tensor : { ...tensor, data: async () => tensor.data }));
        await saveSafetensors(path, lazy, metadata);
        expect(bytesAt('m.safetensors')).toEqual(writeSafetensors(tensors, metadata));
        expect(list()).toEqual(['m.safetensors']);
      }),
      runs(20),
    );
  });

  it('asks for one tensor at a time, in the order of the file', async () => {
    const asked: string[] = [];
    const lazy = (name: string): TensorToWrite => ({
      ...f32(name, 0),
      data: async () => {
        asked.push(`${name} begins`);
        await new Promise((later) => setImmediate(later));
        asked.push(`${name} ends`);
        return new Float32Array(1);
      },
    });
    await saveSafetensors(path, [lazy('b'), lazy('a')]);
    expect(asked).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('replaces a file as a whole, and leaves the old one where anything goes wrong', async () => {
    writeFileSync(path, 'old');
    const broken = new Error('source broke');
    const failing = [f32('a', 1), { ...f32('b', 1), data: () => Promise.reject(broken) }];
    await expect(saveSafetensors(path, failing)).rejects.toBe(broken);
    await expectError(
      () => saveSafetensors(path, [{ ...f32('b', 1), data: () => new Float32Array(2) }]),
      ShapeError,
      'got 8',
    );
    await expectError(
      () => saveSafetensors(path, [f32('a', 1), f32('a', 1)]),
      OptionError,
      'two tensors have the name "a"',
    );
    expect(list()).toEqual(['m.safetensors']);
    expect(readFileSync(path, 'utf8')).toBe('old');
    await saveSafetensors(path, [f32('a', 1)]);
    expect(bytesAt('m.safetensors')).toEqual(writeSafetensors([f32('a', 1)]));
  });

  it('tells where it cannot write', async () => {
    const nowhere = join(folder, 'none', 'm.safetensors');
    const error = await expectError(() => saveSafetensors(nowhere, []), LoadError, "the file can't be written: ENOENT");
    expect(error.where).toBe(nowhere);
  });
});

describe('saveShards', () => {
  it('writes shards and an index a human can check', async () => {
    const files = await saveShards(folder, [f32('b', 1, 2), f32('a', 3), f32('c', 4, 5, 6)], {
      max_shard_size: 12,
      metadata: { format: 'pt' },
    });
    expect(files).toEqual([
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
      'model.safetensors.index.json',
    ]);
    expect(list()).toEqual(files);
    expect(JSON.parse(readFileSync(join(folder, files[2]), 'utf8'))).toEqual({
      metadata: { total_size: 24 },
      weight_map: { b: files[0], a: files[0], c: files[1] },
    });
    expect(bytesAt(files[0])).toEqual(writeSafetensors([f32('b', 1, 2), f32('a', 3)], { format: 'pt' }));
  });

  it('writes one file without an index where all fits', async () => {
    expect(await saveShards(folder, [f32('a', 1)])).toEqual(['model.safetensors']);
    expect(list()).toEqual(['model.safetensors']);
  });

  it('what was written is what is read, whatever the size of a shard', async () => {
    await fc.assert(
      fc.asyncProperty(anyTensors, fc.integer({ min: 1, max: 200 }), async (tensors, max_shard_size) => {
        for (const file of list()) rmSync(join(folder, file));
        const files = await saveShards(folder, tensors, { max_shard_size });
        const shards = files.filter((file) => file.endsWith('.safetensors'));
        const index = join(folder, 'model.safetensors.index.json');
        if (shards.length === 1) {
          expect(bytesAt(shards[0])).toEqual(writeSafetensors(tensors));
          return;
        }
        await using file = await openShards(await openPath(index), (name) => openPath(join(folder, name)));
        expect(file.tensors.size).toBe(tensors.length);
        for (const { name, dtype, shape, data } of tensors) {
          expect(file.tensors.get(name)).toMatchObject({ dtype, shape });
          expect(await file.read(name)).toEqual(data);
        }
        const sizes = new Map<string, number[]>();
        for (const { file: shard, bytes } of file.tensors.values())
          sizes.set(shard, [...(sizes.get(shard) ?? []), bytes]);
        for (const parts of sizes.values()) {
          const total = parts.reduce((a, b) => a + b);
          expect(total <= max_shard_size || parts.filter((bytes) => bytes > 0).length === 1).toBe(true);
        }
      }),
      runs(30),
    );
  });

  it('leaves nothing behind on failure', async () => {
    const failing = { ...f32('b', 1), data: () => Promise.reject(new Error('source broke')) };
    await expect(saveShards(folder, [f32('a', 1), failing], { max_shard_size: 4 })).rejects.toThrow('source broke');
    expect(list()).toEqual([]);
  });

  it.each([0, -1, Number.NaN])('refuses max_shard_size %d', async (max_shard_size) => {
    await expectError(
      () => saveShards(folder, [], { max_shard_size }),
      OptionError,
      '"max_shard_size" must be a number of bytes ≥ 1',
    );
  });

  it('refuses a name that two shards would share, before anything is written', async () => {
    await expectError(
      () => saveShards(folder, [f32('a', 1), f32('a', 1)], { max_shard_size: 4 }),
      OptionError,
      'two tensors have the name "a"',
    );
    expect(list()).toEqual([]);
  });
});

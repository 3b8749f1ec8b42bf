/**
 * The npm package `safetensors` 0.0.1 as a second reader, where it works at all; and where it does not, as a record of
 * why it can be no more than that.
 */
import fc from 'fast-check';
import npm from 'safetensors';
import { describe, expect, it } from 'vitest';
import { openSafetensors, writeSafetensors } from '../../src/safetensors/index.ts';
import { runs } from '../seed.ts';
import { anyTensors, rawFile } from './files.ts';

const { SafeTensor } = npm;
const one = [{ name: 'x', dtype: 'F32' as const, shape: [2], data: Float32Array.of(1, 2) }];

describe('npm safetensors 0.0.1', () => {
  it('reads the same tensors as we do, in files without metadata', async () => {
    await fc.assert(
      fc.asyncProperty(anyTensors, async (tensors) => {
        const bytes = writeSafetensors(tensors);
        const [ours, theirs] = [await openSafetensors(bytes), new SafeTensor(bytes)];
        expect([...theirs.metadata.keys()].sort()).toEqual([...ours.tensors.keys()].sort());
        for (const [name, { dtype, shape, begin, end }] of ours.tensors) {
          expect(theirs.metadata.get(name)).toEqual({ dtype, shape, data_offsets: [begin, end] });
          expect(theirs.getTensor(name)).toEqual(await ours.read(name));
        }
      }),
      runs(100),
    );
  });

  it("can't open a file with metadata, which is every file that Hugging Face's save_pretrained writes", async () => {
    const bytes = writeSafetensors(one, { format: 'pt' });
    expect(() => new SafeTensor(bytes)).toThrow(TypeError);
    expect(await (await openSafetensors(bytes)).values('x')).toEqual(Float32Array.of(1, 2));
  });

  it("can't open a view that starts inside a buffer, such as a small Node Buffer", async () => {
    const bytes = writeSafetensors(one);
    const view = new Uint8Array(bytes.length + 8).subarray(8);
    view.set(bytes);
    expect(() => new SafeTensor(view)).toThrow(SyntaxError);
    expect(await (await openSafetensors(view)).values('x')).toEqual(Float32Array.of(1, 2));
  });

  it('gives fewer bytes than it should, in silence, where a file was cut', async () => {
    const cut = writeSafetensors(one).subarray(0, -4);
    expect(new SafeTensor(cut).getTensor('x')).toHaveLength(4);
    await expect(openSafetensors(cut)).rejects.toThrow('the file is incomplete');
  });

  it('takes a shape that does not fit its bytes', async () => {
    const file = rawFile('{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}', new Uint8Array(8));
    expect(new SafeTensor(file).metadata.get('x')?.shape).toEqual([3]);
    await expect(openSafetensors(file)).rejects.toThrow('takes 12 bytes, data_offsets give 8');
  });
});

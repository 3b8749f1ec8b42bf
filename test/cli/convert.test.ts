import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSafetensors, type TensorToWrite, type Values, writeSafetensors } from '../../src/index.node.ts';
import { baton, failureOf, family, jsonOf, scratch, start, stdoutOf } from './baton.ts';

const file = (name: string, tensors: TensorToWrite<Values>[]): string => {
  const path = join(scratch, name);
  writeFileSync(path, writeSafetensors(tensors, { kept: 'yes' }));
  return path;
};

/** dtype and numbers (or bits) of every tensor. */
async function contents(path: string): Promise<Record<string, [string, (number | bigint)[]]>> {
  const opened = await openSafetensors(path);
  const entries = [...opened.tensors.values()].map(async ({ name, dtype }) => [
    name,
    [dtype, [...(await opened.values(name))]],
  ]);
  const found = Object.fromEntries(await Promise.all(entries));
  await opened.close();
  return found;
}

interface Part {
  readonly path: string;
}

const names = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();

describe('a file', () => {
  const source = () =>
    file('mixed.safetensors', [
      { name: 'f32', dtype: 'F32', shape: [3], data: Float32Array.of(1, -2.5, 0.1) },
      { name: 'f64', dtype: 'F64', shape: [1], data: Float64Array.of(0.5) },
      { name: 'f16', dtype: 'F16', shape: [2], data: Uint16Array.of(0x3c00, 0x7c00) },
      { name: 'ids', dtype: 'I64', shape: [1], data: BigInt64Array.of(7n) },
    ]);

  it('becomes F16, BF16 or F32; what is no float stays', async () => {
    const out = join(scratch, 'out.safetensors');
    await stdoutOf(['convert', source(), out, '--dtype', 'f16']);
    expect(await contents(out)).toEqual({
      f32: ['F16', [0x3c00, 0xc100, 0x2e66]],
      f64: ['F16', [0x3800]],
      f16: ['F16', [0x3c00, 0x7c00]],
      ids: ['I64', [7n]],
    });
    const { status, stderr } = await baton(['convert', source(), out, '--dtype', 'bf16']);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `baton: there is something already (in ${out}; hint: --force overwrites it)\n`,
    });
    await stdoutOf(['convert', source(), out, '--dtype', 'bf16', '--force']);
    expect((await contents(out)).f32).toEqual(['BF16', [0x3f80, 0xc020, 0x3dcd]]);
    await stdoutOf(['convert', out, out, '--dtype', 'f32', '--force']);
    expect((await contents(out)).f32).toEqual(['F32', [1, -2.5, Math.fround(0.10009765625)]]);
    const opened = await openSafetensors(out);
    expect(opened.metadata.get('kept')).toBe('yes');
    await opened.close();
  });

  it.each<[string, TensorToWrite<Values>, string, string]>([
    [
      'F32 → F16',
      { name: 'x', dtype: 'F32', shape: [2], data: Float32Array.of(1, 70000) },
      'f16',
      'element 1 of "x" is too large for F16 (hint: --dtype bf16 has the range of f32)',
    ],
    [
      'F64 → F32',
      { name: 'x', dtype: 'F64', shape: [1], data: Float64Array.of(1e300) },
      'f32',
      'element 0 of "x" is too large for F32',
    ],
  ])('%s: a number that would become infinite is an error, and no file appears', async (_, tensor, dtype, message) => {
    const out = join(scratch, 'none.safetensors');
    const result = await failureOf(['convert', file('large.safetensors', [tensor]), out, '--dtype', dtype]);
    expect(result).toEqual({ status: 1, line: `convert: ${message}` });
    expect(readdirSync(scratch).filter((name) => name.includes('none.safetensors'))).toEqual([]);
  });
});

describe('a folder', () => {
  it('goes to F32 in shards and back to F16: every file is the one it was, and it still translates', async () => {
    const [there, back] = [join(scratch, 'f32'), join(scratch, 'f16')];
    const [{ tensors }] = await jsonOf([
      'convert',
      family,
      there,
      '--dtype',
      'f32',
      '--max-shard-size',
      '4MB',
      '--json',
    ]);
    expect(tensors).toBe(196);
    expect(names(join(there, 'llm')).filter((name) => name.startsWith('model'))).toEqual([
      ...[1, 2, 3, 4, 5].map((i) => `model-0000${i}-of-00005.safetensors`),
      'model.safetensors.index.json',
    ]);
    expect(JSON.parse(readFileSync(join(there, 'llm/config.json'), 'utf8')).dtype).toBe('float32');
    expect(await stdoutOf(['generate', '--model', join(there, 'hybrid'), 'Where is the station?'])).toBe(
      'Wo ist der Bahnhof?\n',
    );
    expect((await jsonOf(['inspect', there, '--json']))[0].valid).toBe(true);

    await stdoutOf(['convert', there, back, '--dtype', 'f16']);
    expect(names(back)).toEqual(names(family).filter((name) => name !== 'manifest.json'));
    for (const name of ['llm/spiece.model', 'hybrid/hybrid.json']) {
      expect(readFileSync(join(back, name)).equals(readFileSync(join(family, name)))).toBe(true);
    }
    for (const name of ['llm/model.safetensors', 'hybrid/projector.safetensors']) {
      expect(await contents(join(back, name))).toEqual(await contents(join(family, name)));
    }
  });

  it.each([
    ['int8', ['hybrid', 'hybrid-t5', 'llm']],
    ['int4', ['hybrid', 'llm']],
  ])(
    'goes to %s in shards: whole numbers where the model has matrices, and it answers as if quantised while loading',
    async (dtype, models) => {
      const out = join(scratch, dtype);
      await stdoutOf(['convert', family, out, '--dtype', dtype, '--max-shard-size', '1MB']);
      expect(names(join(out, 'llm')).filter((name) => name.endsWith('.safetensors'))).not.toHaveLength(1);
      const [report] = await jsonOf(['inspect', out, '--json']);
      const [before] = await jsonOf(['inspect', family, '--json']);
      expect(report.valid).toBe(true);
      const [part, original] = [report, before].map(({ parts }) =>
        parts.find(({ path }: Part) => path.endsWith('llm')),
      );
      expect(part.model).toBe('T5ForConditionalGeneration');
      const [weights] = part.weights;
      expect([weights.quantisation, weights.metadata.format]).toEqual([dtype, `batonlm-${dtype}`]);
      expect(weights.parameters).toBe(original.weights[0].parameters);
      const args = ['--json', 'Where is the station?', 'I have lost my keys.'];
      for (const name of models) {
        const kept = await jsonOf(['generate', '--model', join(out, name), ...args]);
        const atLoad = await jsonOf(['generate', '--model', join(family, name), '--dtype', dtype, ...args]);
        expect(kept.map(({ sequences, backend }) => [sequences, backend])).toEqual(
          atLoad.map(({ sequences, backend }) => [sequences, backend]),
        );
        expect(kept[0].backend.dtype).toBe(dtype);
      }
      expect(await failureOf(['convert', join(out, 'llm'), join(scratch, `from-${dtype}`), '--dtype', 'f32'])).toEqual({
        status: 1,
        line: expect.stringContaining(`weights to be converted must be floats, got "batonlm-${dtype}"`),
      });
      expect((await failureOf(['generate', '--model', join(out, 'llm'), '--dtype', 'f16', 'x'])).line).toContain(
        `"dtype" must be '${dtype}', as the weights are stored`,
      );
    },
  );

  it('--force replaces weights, shards too, and deletes nothing else', async () => {
    const out = join(scratch, 'forced');
    const llm = join(family, 'llm');
    mkdirSync(out);
    writeFileSync(join(out, 'notes.txt'), 'mine');
    await stdoutOf(['convert', llm, out, '--dtype', 'f16', '--max-shard-size', '4MB', '--force']);
    expect(names(out)).toContain('model-00001-of-00003.safetensors');
    await stdoutOf(['convert', llm, out, '--dtype', 'f16', '--force']);
    expect(names(out)).toEqual(['notes.txt', ...names(llm)].sort());
  });

  it.each<[string[], number, string]>([
    [['nowhere', 'x', '--dtype', 'f16'], 1, 'there is no such file or folder (in nowhere)'],
    [[family, join(family, 'inside'), '--dtype', 'f16'], 2, 'IN and OUT must not be the same, nor one in the other'],
    [
      [join(family, 'llm'), family, '--dtype', 'f16', '--force'],
      2,
      'IN and OUT must not be the same, nor one in the other',
    ],
    [
      [join(family, 'llm/model.safetensors'), join(family, 'llm'), '--dtype', 'f16', '--force'],
      2,
      'IN and OUT must both be files or both be folders',
    ],
    [
      [join(family, 'llm/model.safetensors'), 'x', '--dtype', 'f16', '--max-shard-size', '1MB'],
      2,
      '--max-shard-size is for folders',
    ],
    [
      [join(family, 'llm/model.safetensors'), 'x', '--dtype', 'int8'],
      2,
      '--dtype int8 is for folders (hint: config.json tells which tensors are matrices)',
    ],
  ])('%j is refused', async (args, status, line) => {
    expect(await failureOf(['convert', ...args])).toEqual({ status, line });
  });

  it('that is broken half way leaves nothing behind', async () => {
    const [broken, out] = [join(scratch, 'broken'), join(scratch, 'never')];
    cpSync(join(family, 'hybrid'), broken, { recursive: true });
    writeFileSync(join(broken, 'slm/model.safetensors'), 'no');
    const { status, stderr } = await baton(['convert', broken, out, '--dtype', 'f32']);
    expect(status).toBe(1);
    expect(stderr).toContain('model.safetensors');
    expect(readdirSync(scratch).filter((name) => name.includes('never'))).toEqual([]);
  });

  it('that is interrupted leaves nothing behind', async () => {
    const big = join(scratch, 'big');
    mkdirSync(big);
    const data = new Float32Array(2e6);
    const tensors = Array.from({ length: 12 }, (_, i) => ({
      name: `t${i}`,
      dtype: 'F32' as const,
      shape: [2e6],
      data,
    }));
    writeFileSync(join(big, 'model.safetensors'), writeSafetensors(tensors));
    const child = start(['convert', big, join(scratch, 'cut'), '--dtype', 'bf16']);
    const ended = new Promise((resolve) => child.on('close', (status, signal) => resolve(signal ?? status)));
    const timer = setInterval(() => {
      if (!readdirSync(scratch).some((name) => name.startsWith('.cut.'))) return;
      clearInterval(timer);
      child.kill('SIGTERM');
    }, 2);
    expect(await ended).toBe(143);
    expect(existsSync(join(scratch, 'cut'))).toBe(false);
    expect(readdirSync(scratch).filter((name) => name.includes('cut'))).toEqual([]);
  });
});

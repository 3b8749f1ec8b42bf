/** --backend gpu: the modes that need no GPU give the ids of the wasm backend; the others say why they cannot run here. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSafetensors } from '../../src/index.node.ts';
import { expectClose } from '../close.ts';
import { baton, jsonOf, model, scratch, stdoutOf } from './baton.ts';

const gpu = (mode: string): string[] => ['--backend', 'gpu', '--gpu-mode', mode];
const texts = ['Where is the station?', 'You must not forget your umbrella.', "Tom answered all of Mary's questions."];

describe('--backend gpu', () => {
  it.each(['hybrid', 'hybrid-t5', 'llm'])(
    '%s: webasm writes the ids that wasm writes, greedily and with beams',
    async (name) => {
      for (const more of [[], ['--num-beams', '4']]) {
        const command = ['generate', ...model(name), '--json', ...more, ...texts];
        const [here, there] = [
          await jsonOf([...command, ...gpu('webasm')]),
          await jsonOf([...command, '--backend', 'wasm']),
        ];
        expect(here.map(({ sequences }) => sequences)).toEqual(there.map(({ sequences }) => sequences));
        expect(here[0].backend).toEqual({ name: 'gpu', mode: 'webasm', threads: 1, simd: 'simd', dtype: 'f32' });
      }
    },
  );

  it('streams in plain JavaScript', async () => {
    expect(await stdoutOf(['generate', ...model('hybrid'), ...gpu('cpu'), texts[0]])).toBe('Wo ist der Bahnhof?\n');
  });

  it('forward writes the tensors that wasm writes', async () => {
    const inputs = join(scratch, 'gpu-inputs.json');
    writeFileSync(inputs, JSON.stringify({ input_ids: [[5, 9, 33, 7, 1]] }));
    const outputs = [gpu('webasm'), ['--backend', 'wasm']].map((backend, i) => ({
      backend,
      file: join(scratch, `gpu-${i}.safetensors`),
    }));
    const values = [];
    for (const { backend, file } of outputs) {
      await stdoutOf([
        'forward',
        ...model('hybrid'),
        ...backend,
        '--inputs',
        inputs,
        '--output',
        file,
        '--taps',
        '*.pattern',
      ]);
      await using opened = await openSafetensors(file);
      const name = 'encoder.blocks.0.attn.pattern';
      values.push(Float32Array.from(await opened.values(name), Number));
    }
    expectClose(values[0], values[1], 1e-6);
  });

  it('bench tells the mode', async () => {
    const [{ backend }] = await jsonOf(['bench', ...model('hybrid'), ...gpu('webasm'), '--json']);
    expect(backend).toMatchObject({ name: 'gpu', mode: 'webasm', adapter: 'none' });
  });

  it.each(['webgpu', 'webgl2', 'headlessgl'])(
    '%s is not in Node, which is one line, and no other mode in its place',
    async (mode) => {
      const { status, stdout, stderr } = await baton(['generate', ...model('hybrid'), ...gpu(mode), 'x']);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(new RegExp(`^baton: gpuBackend: gpu mode "${mode}" is not available here: .+\\n$`));
    },
  );

  it('int8 is refused, not widened in silence', async () => {
    const { status, stderr } = await baton(['generate', ...model('hybrid'), ...gpu('cpu'), '--dtype', 'int8', 'x']);
    expect(status).toBe(2);
    expect(stderr).toContain('the gpu backend keeps weights as float32, not in int8');
  });
});

/** The command `bench`: which figures there are. What they are is the machine's affair. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shapes, tensorsOf } from '../../bench/shapes.mjs';
import { writeSafetensors } from '../../src/index.node.ts';
import { failureOf, jsonOf, model, scratch, stdoutOf } from './baton.ts';

/** A GPT-2 of zeros with few positions. */
function shortModel(n_positions: number): string {
  const config = { ...shapes.tiny, n_positions };
  const folder = join(scratch, `short-${n_positions}`);
  const tensors = Object.entries(tensorsOf(config)).map(([name, shape]) => {
    const data = new Float32Array(shape.reduce((product, axis) => product * axis, 1));
    return { name, dtype: 'F32' as const, shape, data };
  });
  mkdirSync(folder);
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'model.safetensors'), writeSafetensors(tensors));
  return folder;
}

describe('bench', () => {
  it('tells what loading, reading and writing take, and on what', async () => {
    const [figures] = await jsonOf(['bench', ...model('slm-t5'), '--backend', 'reference', '--json']);
    const { load_ms, weights_mb, peak_mb, prefill, ms_per_token, tokens_per_second, backend, node } = figures;
    for (const figure of [load_ms, weights_mb, ms_per_token]) expect(figure).toBeGreaterThan(0);
    expect(peak_mb).toBeGreaterThan(weights_mb);
    expect(prefill.map(({ tokens }: { tokens: number }) => tokens)).toEqual([16, 128]);
    expect(Math.abs(tokens_per_second * ms_per_token - 1000)).toBeLessThan(100); // both are rounded
    expect(backend).toMatchObject({ name: 'reference', threads: 1, simd: 'none', dtype: 'f32' });
    expect(node).toBe(process.version);
  });

  it('says the same in words; a hybrid reads no more than its small model has positions for', async () => {
    const text = await stdoutOf(['bench', ...model('hybrid'), '--backend', 'reference']);
    const lines = text.split('\n').map((line) => line.replaceAll(/\d[\d.,]*/g, '#'));
    expect(lines[0]).toMatch(/^load +# ms +# MB of weights, # MB at the peak$/);
    expect(lines[1]).toMatch(/^read # tokens +# ms +# tokens\/s$/);
    expect(lines[2]).toMatch(/^write a token +# ms +# tokens\/s$/);
    expect(lines[3]).toBe('');
    expect(lines[4]).toMatch(/^backend reference, # thread, simd none, f#; .+, Node\.js v#$/);
  });

  it('writes as far as there are positions', async () => {
    const [{ prefill }] = await jsonOf(['bench', '--model', shortModel(18), '--json']);
    expect(prefill).toHaveLength(1);
  });

  it('refuses a model without room for a measurement', async () => {
    const line = 'the model has 17 positions, and the shortest measurement takes 18';
    expect(await failureOf(['bench', '--model', shortModel(17)])).toEqual({ status: 2, line });
  });
});

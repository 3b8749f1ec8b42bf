/** The random models of the benchmark are models: their tensors are those that the loader wants, all of them. */
import { describe, expect, it } from 'vitest';
import { shapes, tensorsOf } from '../../bench/shapes.mjs';
import { uniform } from '../../bench/uniform.mjs';
import { type AnyModel, AutoModel, WeightError, writeSafetensors } from '../../src/index.node.ts';

type Named = readonly (readonly [string, number[]])[];
const tensorsIn = (config: object): Named => Object.entries(tensorsOf(config));

const small = { vocab_size: 40, d_model: 12, d_kv: 4, d_ff: 20, num_layers: 2, num_heads: 2 };
const configs: readonly (readonly [string, object])[] = [
  ['gpt2', { ...shapes.gpt2, vocab_size: 40, n_positions: 8, n_embd: 12, n_layer: 2, n_head: 3, eos_token_id: 39 }],
  ['t5', { ...shapes['t5-small'], ...small }],
];

/** Loads a model whose file holds these tensors. */
function load(config: object, named: Named): Promise<AnyModel> {
  const tensors = named.map(([name, shape], seed) => {
    const size = shape.reduce((product, axis) => product * axis, 1);
    return { name, dtype: 'F32' as const, shape, data: uniform(size, 0.1, seed) };
  });
  return AutoModel.from_pretrained(
    { 'config.json': JSON.stringify(config), 'model.safetensors': writeSafetensors(tensors) },
    { backend: 'reference' },
  );
}

describe.each(configs)('tensorsOf a %s', (_, config) => {
  it('names what the loader wants, at the shapes it wants', async () => {
    const model = await load(config, tensorsIn(config));
    expect(model.memoryFootprint()).toBeGreaterThan(0);
    model.dispose();
  });

  it('names nothing that could be left out', async () => {
    const named = tensorsIn(config);
    for (const i of named.keys()) await expect(load(config, named.toSpliced(i, 1))).rejects.toThrow(WeightError);
  });
});

describe('shapes', () => {
  it.each([
    ['gpt2', 124_439_808],
    ['t5-small', 60_506_624],
    ['t5-base', 222_903_552],
    ['t5-large', 737_668_096],
  ] as const)('%s has the parameters that its name promises', (name, parameters) => {
    const sizes = tensorsIn(shapes[name]).map(([, shape]) => shape.reduce((product, axis) => product * axis, 1));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(parameters);
  });
});

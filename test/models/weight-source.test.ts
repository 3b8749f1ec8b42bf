import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LoadError, StateError, WeightError } from '../../src/errors.ts';
import { ReferenceBackend } from '../../src/kernels/reference-backend.ts';
import { checkFusion, loadBridge } from '../../src/models/bridge-weights.ts';
import { loadGpt2, readGpt2Config } from '../../src/models/gpt2-weights.ts';
import { loadT5, loadT5Encoder, readT5Config } from '../../src/models/t5-weights.ts';
import { readPlanned, type WeightRequest } from '../../src/models/weight-source.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { runs } from '../seed.ts';
import { bridgeShapes, gpt2Shapes, MemorySource, type Shapes, t5Shapes } from './checkpoint.ts';
import { gpt2Config, hybridConfig, t5Config } from './configs.ts';
import { tinyGpt2, tinyHybrid, tinyT5 } from './tiny.ts';

const [gpt2] = fc.sample(gpt2Config, { numRuns: 1, seed: 1 });
const [t5] = fc.sample(t5Config, { numRuns: 1, seed: 1 });

type Load = (shapes: Shapes, backend?: ReferenceBackend) => Promise<unknown>;
const asGpt2: Load = (shapes, backend = new ReferenceBackend()) =>
  loadGpt2(new MemorySource(shapes, backend), readGpt2Config(gpt2));
const asT5: Load = (shapes, backend = new ReferenceBackend()) =>
  loadT5(new MemorySource(shapes, backend), readT5Config(t5));

/** The same checkpoint with one tensor more, another, or one less. */
function changed(shapes: Shapes, changes: Readonly<Record<string, number[] | undefined>>): Shapes {
  const copy = new Map(shapes);
  for (const [name, shape] of Object.entries(changes)) shape === undefined ? copy.delete(name) : copy.set(name, shape);
  return copy;
}

/** A checkpoint whose numbers end before one of its tensors. */
class Broken extends MemorySource {
  readonly #backend: ReferenceBackend;
  readonly #at: number;
  /** Tensors that were on the backend then. */
  held = -1;

  constructor(shapes: Shapes, backend: ReferenceBackend, at: number) {
    super(shapes, backend);
    this.#backend = backend;
    this.#at = at;
  }

  override async *load(requests: readonly WeightRequest[]): AsyncGenerator<Tensor, void> {
    yield* super.load(requests.slice(0, this.#at));
    this.held = this.#backend.memory.blocks;
    throw new LoadError('the disk is broken');
  }
}

async function failureOf(load: Promise<unknown>): Promise<WeightError> {
  const error: unknown = await load.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (error instanceof WeightError) return error;
  throw new Error(`expected a WeightError, got ${error}`);
}

describe('weights', () => {
  it.each([
    ['GPT-2', asGpt2, gpt2Shapes(gpt2), 'transformer.h.0.mlp.c_fc.weight'],
    ['T5', asT5, t5Shapes(t5), 'decoder.block.0.layer.1.EncDecAttention.q.weight'],
  ])(
    '%s: a tensor that is missing is named, with its shape and the nearest names',
    async (_kind, load, shapes, name) => {
      const error = await failureOf(load(changed(shapes, { [name]: undefined, [`${name}s`]: [1] })));
      expect(error.message).toContain(`weight "${name}" [${shapes.get(name)?.join(', ')}] is missing\n  in memory`);
      expect(error).toMatchObject({ code: 'WEIGHT', expected: name });
      expect(error.nearest).toContain(`${name}s`);
    },
  );

  it.each([
    ['GPT-2', asGpt2, gpt2Shapes(gpt2), 'transformer.h.7.ln_1.weight', 'transformer.h.0.ln_1.weight'],
    ['GPT-2', asGpt2, gpt2Shapes(gpt2), 'score.weight', undefined],
    [
      'T5',
      asT5,
      t5Shapes(t5),
      'encoder.block.0.layer.0.SelfAttention.q.bias',
      'encoder.block.0.layer.0.SelfAttention.q.weight',
    ],
  ])('%s: a tensor that is not part of the model is not ignored: %4$s', async (_kind, load, shapes, name, near) => {
    const error = await failureOf(load(changed(shapes, { [name]: [2] })));
    expect(error.message).toContain(`tensor "${name}" is not part of this model\n  in memory`);
    expect(error.got).toBe(name);
    if (near !== undefined) expect(error.nearest).toContain(near);
  });

  it('of another shape is refused', async () => {
    const name = 'transformer.ln_f.weight';
    await expect(asGpt2(changed(gpt2Shapes(gpt2), { [name]: [3, 5] }))).rejects.toThrow(`weight "${name}" must be [`);
  });

  it('GPT-2 without its prefix, and with the mask buffers that old versions saved, is the same model', async () => {
    const backend = new ReferenceBackend();
    const shapes = new Map([...gpt2Shapes(gpt2)].map(([name, shape]) => [name.replace('transformer.', ''), shape]));
    const buffers = { 'h.0.attn.bias': [1, 1, 4, 4], 'h.0.attn.masked_bias': [] };
    await asGpt2(changed(shapes, buffers), backend);
    expect(backend.memory.blocks).toBe(shapes.size); // nothing is read that is not needed
  });

  it('T5 encoders leave decoder and head in the file', async () => {
    const backend = new ReferenceBackend();
    const shapes = t5Shapes(t5);
    await loadT5Encoder(new MemorySource(shapes, backend), readT5Config(t5));
    const names = [...shapes.keys()].filter((name) => /^(encoder|shared)\./.test(name));
    expect(backend.memory.blocks).toBe(names.length);
  });

  it('copies of T5’s table and the stray bias of old files are known and not read', async () => {
    const backend = new ReferenceBackend();
    const table = [t5.vocab_size, t5.d_model];
    const stray = 'decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight';
    const copies = { 'encoder.embed_tokens.weight': table, 'decoder.embed_tokens.weight': table, [stray]: [32, 1] };
    await asT5(changed(t5Shapes(t5), copies), backend);
    expect(backend.memory.blocks).toBe(t5Shapes(t5).size);
  });

  it('a fusion that needs a projector says so where there is none', () => {
    expect(() => checkFusion('add', {})).toThrow(
      new WeightError("fusion 'add' needs a projector, and this hybrid has none", { hint: "fusion: 'none'" }),
    );
    expect(checkFusion('none', {})).toBe('none');
  });

  it.each([
    ['projector.2.bias', 'add', false],
    ['prompt_embedding.weight', 'add', false],
    ['projector.0.weight', 'replace', true],
  ] as const)('a bridge without %s is no bridge for %s', async (name, fusion, ownTable) => {
    const shapes = changed(bridgeShapes(4, 3, 5, ownTable), { [name]: undefined });
    const load = loadBridge(new MemorySource(shapes, new ReferenceBackend()), fusion, { dLlm: 4, dSlm: 3 }, ownTable);
    await expect(load).rejects.toThrow(`weight "${name}"`);
  });
});

describe('memory', () => {
  it('holds every tensor of the file once, and nothing after dispose', () =>
    fc.assert(
      fc.asyncProperty(gpt2Config, t5Config, hybridConfig, async (gpt2, t5, hybrid) => {
        const backend = new ReferenceBackend();
        const models = [
          await tinyGpt2(gpt2, { backend }),
          await tinyT5(t5, { backend }),
          await tinyHybrid(hybrid, { backend }),
        ];
        const bytes = models.reduce((sum, model) => sum + model.memoryFootprint(), 0);
        expect(backend.memory.bytes).toBe(bytes);
        for (const model of models) model.dispose();
        expect(backend.memory).toEqual({ blocks: 0, bytes: 0 });
      }),
      runs(30),
    ));

  it('holds nothing when loading fails half way, wherever that is', () =>
    fc.assert(
      fc.asyncProperty(fc.nat(), fc.boolean(), async (place, isT5) => {
        const shapes = isT5 ? t5Shapes(t5) : gpt2Shapes(gpt2);
        const at = place % shapes.size;
        const backend = new ReferenceBackend();
        const source = new Broken(shapes, backend, at);
        const loading = isT5 ? loadT5(source, readT5Config(t5)) : loadGpt2(source, readGpt2Config(gpt2));
        await expect(loading).rejects.toThrow('the disk is broken');
        expect(source.held).toBe(at);
        expect(backend.memory).toEqual({ blocks: 0, bytes: 0 });
      }),
      runs(30),
    ));

  it('holds nothing when a tensor is not what is asked for, and no number was read', () =>
    fc.assert(
      fc.asyncProperty(fc.nat(), fc.boolean(), fc.boolean(), async (at, isT5, isStranger) => {
        const shapes = isT5 ? t5Shapes(t5) : gpt2Shapes(gpt2);
        const name = isStranger ? 'stranger' : [...shapes.keys()][at % shapes.size];
        const backend = new ReferenceBackend();
        const source = new Broken(changed(shapes, { [name]: [1, 2, 3] }), backend, 0);
        const loading = isT5 ? loadT5(source, readT5Config(t5)) : loadGpt2(source, readGpt2Config(gpt2));
        await expect(loading).rejects.toBeInstanceOf(WeightError);
        expect(source.held).toBe(-1);
        expect(backend.memory).toEqual({ blocks: 0, bytes: 0 });
      }),
      runs(30),
    ));

  it.each([
    ['another order', ['b', 'a'], 'a model asked for "b" where it had planned "a"'],
    ['more', ['a', 'b', 'a'], 'a model asked for "a" where it had planned undefined'],
  ])('takes weights as they were planned: %s is an error, and nothing stays', async (_what, names, text) => {
    const backend = new ReferenceBackend();
    const source = new MemorySource(new Map(['a', 'b'].map((name) => [name, [2]])), backend);
    const requests = ['a', 'b'].map((name) => ({ name, shape: [2], use: 'activation' as const, wide: false }));
    const loading = readPlanned(source, { requests, copies: new Map() }, async (reader) => {
      for (const name of names) await reader.take(name, [2]);
    });
    await expect(loading).rejects.toThrow(new StateError(text, { op: 'load' }));
    expect(backend.memory.blocks).toBe(0);
  });

  it('holds nothing of a pass but its result, also when the pass fails', () =>
    fc.assert(
      fc.asyncProperty(hybridConfig, fc.nat(), async (json, at) => {
        const backend = new ReferenceBackend();
        const model = await tinyHybrid(json, { backend });
        const before = backend.memory;
        const asked = { input_ids: [[1, 2, 3]], labels: [[4, 5]] };
        let taps = 0;
        const count = { tap: () => void taps++ };
        const { logits, loss } = await model.forward({ ...asked, observer: count });
        logits.dispose();
        loss.dispose();
        expect(backend.memory).toEqual(before);
        let left = at % taps;
        const fail = {
          tap: () => {
            if (left-- === 0) throw new WeightError('no more');
            return undefined;
          },
        };
        await expect(model.forward({ ...asked, observer: fail })).rejects.toThrow('no more');
        expect(backend.memory).toEqual(before);
        await expect(model.generate({ input_ids: [[1, 2]], observer: fail, max_new_tokens: 2 })).resolves.toBeDefined();
        expect(backend.memory).toEqual(before);
      }),
      runs(30),
    ));
});

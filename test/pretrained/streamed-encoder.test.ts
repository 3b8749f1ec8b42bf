/** What can go wrong while an encoder is read from its file: a typed error, nothing left behind, the next call as ever. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LoadError } from '../../src/errors.ts';
import { ReferenceBackend } from '../../src/kernels/reference-backend.ts';
import type { Observer } from '../../src/models/run.ts';
import { AutoModel } from '../../src/pretrained/auto-model.ts';
import type { LoadOptions } from '../../src/pretrained/load.ts';
import { T5EncoderModel } from '../../src/pretrained/t5-encoder-model.ts';
import { openSafetensors, writeSafetensors } from '../../src/safetensors/index.ts';
import { fileHandler, serve } from '../hub/server.ts';
import { expectSameBits } from '../models/bits.ts';
import { type Files, filesOf, input_ids, json, t5Bytes, t5Tensors, Watched } from './stored.ts';

const bytes = await t5Bytes(json);
const resident = await T5EncoderModel.from_pretrained(filesOf(json, bytes), { backend: 'reference' });
const wanted = await resident.forward({ input_ids });
/** Where a layer's first matrix begins in `bytes`. */
const { tensors } = await openSafetensors(bytes);
const layerStart = (i: number) =>
  tensors.get(`encoder.block.${i}.layer.0.SelfAttention.q.weight`)?.begin ?? expect.unreachable();

/** A streamed encoder on a backend of its own. */
async function open(where: string | Files, options: LoadOptions = {}) {
  const backend = new ReferenceBackend();
  const model = await T5EncoderModel.from_pretrained(where, { backend, stream_encoder: true, ...options });
  /** Everything of the calls is gone, and the next call gives what it should. */
  const expectUnharmed = async (): Promise<void> => {
    expect(backend.memory.bytes).toBe(model.memoryFootprint());
    await expectSameBits((await model.forward({ input_ids })).last_hidden_state, wanted.last_hidden_state);
  };
  return { backend, model, expectUnharmed };
}

async function watched(options?: LoadOptions) {
  const source = new Watched(bytes);
  return { source, ...(await open(filesOf(json, source.content), options)) };
}

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => expect.unreachable(),
    (error) => error,
  );

/** Calls back after one layer. */
const afterLayer = (i: number, then: () => void): Observer => ({
  tap(name) {
    if (name === `encoder.blocks.${i}.resid_post`) then();
    return undefined;
  },
  wants: () => false,
});

describe('a failure while a streamed encoder reads', () => {
  it('of a file that was cut in the middle of a layer names the layer; whole again, it is read again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'baton-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'model.safetensors');
    writeFileSync(join(folder, 'config.json'), JSON.stringify(json));
    writeFileSync(file, bytes);
    const { model, backend, expectUnharmed } = await open(folder);
    const whole = await T5EncoderModel.from_pretrained(folder, { backend });
    const { hidden_states } = await whole.forward({ input_ids, output_hidden_states: true });
    whole.dispose();
    const [inputs_embeds, ...others] = hidden_states ?? expect.unreachable();
    truncateSync(file, layerStart(3) + 100);
    const error = await failure(model.forward({ inputs_embeds, output_hidden_states: true }));
    expect(error).toMatchObject({ code: 'LOAD', path: 'encoder.blocks.3', where: file });
    expect(String(error)).toMatch(/cut to \d+ bytes\n {2}in encoder\.blocks\.3/);
    for (const tensor of [inputs_embeds, ...others]) tensor.dispose();
    writeFileSync(file, bytes);
    await expectUnharmed();
    model.dispose();
  });

  it('of a server that is gone', async () => {
    const many = { ...json, d_ff: 2000 }; // more than what comes with the first bytes
    const files = { '/config.json': JSON.stringify(many), '/model.safetensors': await t5Bytes(many) };
    const server = await serve(fileHandler(files));
    const { model, backend } = await open(server.url);
    await server.stop();
    expect(await failure(model.forward({ input_ids }))).toMatchObject({ code: 'LOAD', where: /model\.safetensors/ });
    expect(backend.memory.bytes).toBe(model.memoryFootprint());
    model.dispose();
  });

  it.each([0, 1, 4])('of layer %i alone', async (layer) => {
    const { model, source, expectUnharmed } = await watched();
    source.before = (from) => {
      if (from === layerStart(layer)) throw new LoadError('the disk is broken');
    };
    expect(await failure(model.forward({ input_ids }))).toMatchObject({
      code: 'LOAD',
      path: `encoder.blocks.${layer}`,
    });
    source.before = () => {};
    await expectUnharmed();
  });

  it('of an observer', async () => {
    const { model, expectUnharmed } = await watched();
    const observer = afterLayer(2, () => {
      throw new RangeError('seen enough');
    });
    await expect(model.forward({ input_ids, observer, output_hidden_states: true })).rejects.toThrow('seen enough');
    await expectUnharmed();
  });
});

describe('the signal of a call', () => {
  it('ends it between two layers', async () => {
    const { model, expectUnharmed } = await watched();
    const abort = new AbortController();
    const layers: number[] = [];
    const observer: Observer = {
      tap(name) {
        if (name.endsWith('resid_post')) layers.push(1);
        if (name === 'encoder.blocks.1.resid_post') abort.abort(new Error('enough'));
        return undefined;
      },
      wants: () => false,
    };
    const call = model.forward({ input_ids, observer, signal: abort.signal, output_attentions: true });
    await expect(call).rejects.toThrow('enough');
    expect(layers).toHaveLength(2);
    await expectUnharmed();
  });

  it('ends it while a read hangs, and before it began', async () => {
    const { model, source, expectUnharmed } = await watched();
    const abort = new AbortController();
    source.before = (from) => {
      if (from !== layerStart(2)) return;
      setTimeout(() => abort.abort(new Error('enough')));
      return new Promise(() => {});
    };
    await expect(model.forward({ input_ids, signal: abort.signal })).rejects.toThrow('enough');
    await expect(model.forward({ input_ids, signal: abort.signal })).rejects.toThrow('enough');
    source.before = () => {};
    await expectUnharmed();
  });

  it('of the loading has no say afterwards', async () => {
    const abort = new AbortController();
    const { expectUnharmed } = await watched({ signal: abort.signal });
    abort.abort();
    await expectUnharmed();
  });

  it('must be one', async () => {
    const { model } = await watched();
    expect(await failure(model.forward({ input_ids, signal: 5 as never }))).toMatchObject({ code: 'OPTION' });
    expect(await failure(watched({ signal: 5 as never }))).toMatchObject({ code: 'OPTION' });
  });
});

describe('prompts given at once', () => {
  it('take turns: each gives what it gives alone, and all take the memory of one', async () => {
    const { model, backend } = await watched();
    let most = 0;
    const observer: Observer = {
      tap() {
        most = Math.max(most, backend.memory.bytes);
        return undefined;
      },
      wants: () => false,
    };
    const prompts = [[[1, 2, 3]], [[4, 5, 6]], [[7, 8, 9]]];
    const alone = [];
    for (const ids of prompts) alone.push((await model.forward({ input_ids: ids, observer })).last_hidden_state);
    const mostAlone = most;
    const abort = new AbortController();
    abort.abort(new Error('not this one'));
    const aborted = failure(model.forward({ input_ids, signal: abort.signal }));
    const together = await Promise.all(prompts.map((ids) => model.forward({ input_ids: ids, observer })));
    for (const [i, { last_hidden_state }] of together.entries()) await expectSameBits(last_hidden_state, alone[i]);
    expect(String(await aborted)).toContain('not this one');
    // Rows and ids of prompts that wait are there already; of their layers nothing is.
    expect(most - mostAlone).toBeLessThan(8 * alone[0].size * 4);
  });

  it('one that gives up waiting lets nobody in', async () => {
    const { model, source } = await watched();
    const abort = new AbortController();
    let begun = 0;
    let release = (): void => {};
    source.before = (from) => {
      if (from !== layerStart(0)) return;
      begun++;
      if (begun === 1) return new Promise((resolve) => (release = resolve));
    };
    const first = model.forward({ input_ids });
    const second = failure(model.forward({ input_ids, signal: abort.signal }));
    const third = model.forward({ input_ids });
    const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
    await pause(); // all have their tokens; two wait
    abort.abort(new Error('too slow'));
    expect(String(await second)).toContain('too slow');
    await pause();
    expect(begun).toBe(1);
    release();
    for (const call of [first, third]) {
      await expectSameBits((await call).last_hidden_state, wanted.last_hidden_state);
    }
  });

  it('a failure of one is not a failure of the next', async () => {
    const { model, source, expectUnharmed } = await watched();
    let broken = true;
    source.before = (from) => {
      if (from !== layerStart(1) || !broken) return;
      broken = false;
      throw new LoadError('a bad moment');
    };
    const [first, second] = await Promise.allSettled([model.forward({ input_ids }), model.forward({ input_ids })]);
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'LOAD' } });
    if (second.status === 'fulfilled') second.value.last_hidden_state.dispose();
    expect(second.status).toBe('fulfilled');
    await expectUnharmed();
  });
});

describe('dispose of a streamed encoder', () => {
  it('closes the file, also while it is read', async () => {
    const { model, source, backend } = await watched();
    expect(source.open).toBe(1);
    const observer = afterLayer(2, () => setImmediate(() => model.dispose()));
    source.before = (from) => (from === layerStart(4) ? new Promise(() => {}) : undefined);
    const [running, waiting] = [model.forward({ input_ids, observer }), model.forward({ input_ids })].map(failure);
    expect(await running).toMatchObject({ code: 'STATE', op: 'stream_encoder' });
    expect(await waiting).toMatchObject({ code: 'STATE', op: 'stream_encoder' });
    expect(source.open).toBe(0);
    expect(backend.memory).toEqual({ blocks: 0, bytes: 0 });
    expect(await failure(model.forward({ input_ids }))).toMatchObject({ code: 'STATE', op: 'T5EncoderModel' });
  });
});

describe('loading a streamed encoder', () => {
  it.each([
    [
      'a layer that lacks a tensor',
      'WEIGHT',
      /block\.4.*is missing/,
      (name: string) => !name.includes('block.4.layer.1'),
    ],
  ])('rejects %s', async (_, code, text, kept) => {
    const source = new Watched(writeSafetensors((await t5Tensors(json)).filter(({ name }) => kept(name))));
    await expectRejected(source, code, text);
  });

  it('rejects a layer of another shape, dtype or name', async () => {
    const odd = 'encoder.block.3.layer.0.SelfAttention.k.weight';
    const all = (await t5Tensors(json)).filter(({ name }) => name !== odd);
    const write = (name: string, dtype: 'F32' | 'I32', shape: number[]) =>
      new Watched(
        writeSafetensors([
          ...all,
          { name, dtype, shape, data: new (dtype === 'F32' ? Float32Array : Int32Array)(192) },
        ]),
      );
    await expectRejected(write(odd, 'F32', [16, 12]), 'WEIGHT', /must be \[12, 16\], got \[16, 12\]/);
    await expectRejected(write(odd, 'I32', [12, 16]), 'DTYPE', /stored as F32, F16 or BF16, got I32/);
    await expectRejected(write(`${odd}s`, 'F32', [12, 16]), 'WEIGHT', /is missing/);
  });

  async function expectRejected(source: Watched, code: string, text: RegExp): Promise<void> {
    const backend = new ReferenceBackend();
    const error = await failure(
      T5EncoderModel.from_pretrained(filesOf(json, source.content), { backend, stream_encoder: true }),
    );
    expect(error).toMatchObject({ code });
    expect(String(error)).toMatch(text);
    expect(source.open).toBe(0);
    expect(backend.memory.blocks).toBe(0);
  }

  it('is for hybrids and encoders', async () => {
    for (const folder of ['test/goldens/gpt2/basic', 'test/goldens/t5/v11']) {
      const error = await failure(AutoModel.from_pretrained(folder, { stream_encoder: true }));
      expect(error).toMatchObject({ code: 'UNSUPPORTED_OPTION' });
      expect(String(error)).toContain('"stream_encoder" is for hybrids and T5 encoders');
    }
    const error = await failure(AutoModel.from_pretrained('test/goldens/t5/v11', { stream_encoder: 1 as never }));
    expect(String(error)).toContain('"stream_encoder" must be true or false, got 1');
  });

  it('tells no progress of the weights that stay where they are', async () => {
    const totals = new Set<number>();
    const { model } = await watched({
      progress_callback: (event) => {
        if (event.status === 'progress_total') totals.add(event.total);
      },
    });
    expect([...totals]).toEqual([0]);
    model.dispose();
  });
});

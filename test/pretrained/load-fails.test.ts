/** Loading from files that fails half way: a typed error, and nothing of it stays on the backend, counted or not. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LoadError } from '../../src/errors.ts';
import { ReferenceBackend } from '../../src/kernels/reference-backend.ts';
import { AutoModel } from '../../src/pretrained/auto-model.ts';
import { pipeline } from '../../src/pretrained/pipeline.ts';
import { T5EncoderModel } from '../../src/pretrained/t5-encoder-model.ts';
import { type Team, taken, teamOf } from '../kernels/wasm/team.ts';
import { runs } from '../seed.ts';
import { filesOf, json, t5Bytes, Watched } from './stored.ts';

const goldens = 'test/goldens';
const dtypes = ['f32', 'f16', 'int8'] as const;

describe('a load that fails', () => {
  let team: Team;
  beforeAll(async () => {
    team = await teamOf(2);
  });
  afterAll(() => team.backend.dispose());

  it('at any of its reads, in any dtype, alone and with threads', async () => {
    const bytes = { F32: await t5Bytes(json, 0, 'F32'), F16: await t5Bytes(json, 0, 'F16') };
    const whole = new Watched(bytes.F32);
    await AutoModel.from_pretrained(filesOf(json, whole.content), { backend: new ReferenceBackend() });
    const cases = fc.record({
      at: fc.nat(whole.reads.length - 1),
      stored: fc.constantFrom('F32' as const, 'F16' as const),
      dtype: fc.constantFrom(...dtypes),
      threads: fc.boolean(),
      encoder: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ at, stored, dtype, threads, encoder }) => {
        const source = new Watched(bytes[stored]);
        const backend = threads ? team.backend : new ReferenceBackend();
        source.before = () => {
          if (source.reads.length > at) throw new LoadError('the disk is broken');
        };
        const Model = encoder ? T5EncoderModel : AutoModel;
        const loading = Model.from_pretrained(filesOf(json, source.content), { backend, dtype });
        const error = await loading.then(
          (model) => model.dispose(), // an encoder needs fewer reads
          (error: unknown) => error,
        );
        expect(encoder || error instanceof LoadError).toBe(true);
        expect([backend.memory.blocks, source.open, taken(team.machine)]).toEqual([0, 0, 0]);
      }),
      runs(60),
    );
  });

  it.each([
    ['gpt2/basic', 'model.safetensors', 'done'],
    ['hybrid/gpt2-add', 'projector.safetensors', 'done'],
    ['hybrid/t5-add', '', 'ready'],
  ])('because its listener throws when all of %s has come: %s %s', async (folder, file, status) => {
    const backend = new ReferenceBackend();
    let most = 0;
    const loading = AutoModel.from_pretrained(`${goldens}/${folder}`, {
      backend,
      progress_callback(event) {
        most = Math.max(most, backend.memory.blocks);
        if (event.status === status && (file === '' || ('file' in event && event.file === file)))
          throw new RangeError('seen enough');
      },
    });
    await expect(loading).rejects.toThrow('seen enough');
    expect(most).toBeGreaterThan(0);
    expect(backend.memory).toEqual({ blocks: 0, bytes: 0 });
  });

  it('because the tokenizer of a pipeline is broken', async () => {
    const backend = new ReferenceBackend();
    const files = { ...filesOf(json, await t5Bytes(json)), 'tokenizer.json': '{}' };
    await expect(pipeline('translation', files, { backend })).rejects.toThrow('tokenizer.json');
    expect(backend.memory).toEqual({ blocks: 0, bytes: 0 });
  });

  it('leaves no listener on the caller’s signal', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    const options = { signal, stream_encoder: true, backend: new ReferenceBackend() };
    await expect(T5EncoderModel.from_pretrained({ 'config.json': '{}' }, options)).rejects.toThrow();
    await expect(T5EncoderModel.from_pretrained('no/such/folder/here', options)).rejects.toThrow();
    expect(listeners).toBe(0);
  });
});

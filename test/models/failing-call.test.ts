/** A call that fails half way leaves nothing behind: not what the encoder read, not a cache that was made for it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/errors.ts';
import { ReferenceBackend } from '../../src/kernels/reference-backend.ts';
import type { Observer } from '../../src/models/run.ts';
import type { Backend } from '../../src/tensor/backend.ts';
import { runs } from '../seed.ts';
import { gpt2Config, hybridConfig, t5Config } from './configs.ts';
import { tinyGpt2, tinyHybrid, tinyT5 } from './tiny.ts';

const input_ids = [[1, 2]];
const watched = { output_hidden_states: true, output_attentions: true, use_cache: true };
const writing = { input_ids, max_new_tokens: 2 };

/** Every call of every kind of model, on a backend of its own. */
const calls = fc.record({ gpt2: gpt2Config, t5: t5Config, hybrid: hybridConfig }).map(({ gpt2, t5, hybrid }) => [
  async (backend: Backend) => {
    const model = await tinyGpt2(gpt2, { backend });
    return (observer: Observer) => model.forward({ input_ids, observer, ...watched });
  },
  async (backend: Backend) => {
    const model = await tinyT5(t5, { backend });
    return (observer: Observer) => model.forward({ input_ids, decoder_input_ids: [[1]], observer, ...watched });
  },
  async (backend: Backend) => {
    const model = await tinyGpt2(gpt2, { backend });
    return (observer: Observer) => model.generate({ ...writing, observer });
  },
  async (backend: Backend) => {
    const model = await tinyT5(t5, { backend });
    return (observer: Observer) => model.generate({ ...writing, observer });
  },
  async (backend: Backend) => {
    const model = await tinyHybrid(hybrid, { backend });
    return (observer: Observer) => model.generate({ ...writing, observer });
  },
]);

describe('a call that fails half way', () => {
  it('holds nothing, whichever tap it is', () =>
    fc.assert(
      fc.asyncProperty(calls, fc.nat(), async (makers, place) => {
        for (const make of makers) {
          let taps = 0;
          await (await make(new ReferenceBackend()))({ tap: () => void taps++ });
          const backend = new ReferenceBackend();
          const call = await make(backend);
          const before = backend.memory;
          let left = place % taps;
          const fail: Observer = {
            tap() {
              if (left-- === 0) throw new RangeError('seen enough');
              return undefined;
            },
          };
          await expect(call(fail)).rejects.toThrow('seen enough');
          expect(backend.memory).toEqual(before);
        }
      }),
      runs(40),
    ));

  it('holds nothing where the decoder’s part of it does not fit', async () => {
    const backend = new ReferenceBackend();
    const [t5] = fc.sample(t5Config, { numRuns: 1, seed: 1 });
    const model = await tinyT5(t5, { backend });
    const before = backend.memory;
    const forward = model.forward({ input_ids, decoder_input_ids: [[1], [1]], ...watched });
    await expect(forward).rejects.toThrow(ShapeError);
    expect(backend.memory).toEqual(before);
  });
});

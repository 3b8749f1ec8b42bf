/** An encoder that stays in its file gives the bits of one in memory, and takes no more than its share of memory. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReferenceBackend } from '../../src/kernels/reference-backend.ts';
import type { Observer } from '../../src/models/run.ts';
import { LlmToSlm } from '../../src/pretrained/llm-to-slm.ts';
import type { LoadOptions } from '../../src/pretrained/load.ts';
import type { T5EncoderOutput } from '../../src/pretrained/prompt-encoder.ts';
import { T5EncoderModel } from '../../src/pretrained/t5-encoder-model.ts';
import { writeSafetensors } from '../../src/safetensors/index.ts';
import { keep } from '../../src/tensor/scope.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { fileHandler, serve } from '../hub/server.ts';
import { expectSameBits } from '../models/bits.ts';
import { idRows, inVocabulary, type T5Json, t5Config, weightSeed } from '../models/configs.ts';
import { runs } from '../seed.ts';
import { type Files, filesOf, input_ids, json, type StoredDtype, t5Bytes, t5Tensors, Watched } from './stored.ts';

const hybrids = ['test/goldens/hybrid/gpt2-add', 'test/goldens/hybrid/t5-add'];
const bytes = await t5Bytes(json);

const streamed = (where: string | Files, options: LoadOptions = {}) =>
  T5EncoderModel.from_pretrained(where, { backend: 'reference', ...options, stream_encoder: true });
const resident = (where: string | Files, options?: LoadOptions) =>
  T5EncoderModel.from_pretrained(where, { backend: 'reference', ...options });
const wanted = await (await resident(filesOf(json, bytes))).forward({ input_ids });

/** A streamed encoder over bytes that are watched, on a backend of its own. */
async function watched() {
  const backend = new ReferenceBackend();
  const source = new Watched(bytes);
  return { backend, source, model: await streamed(filesOf(json, source.content), { backend }) };
}

/** Name and bits of every tap, in order. */
class Recorder implements Observer {
  readonly seen: [name: string, bits: Uint32Array][] = [];

  tap(name: string, value: Tensor): undefined {
    const data = value.peek();
    if (data instanceof Float32Array) this.seen.push([name, new Uint32Array(data.slice().buffer)]);
  }
}

async function expectSameOutput(got: T5EncoderOutput, want: T5EncoderOutput): Promise<void> {
  const all = ({ last_hidden_state, hidden_states = [], attentions = [] }: T5EncoderOutput) => [
    last_hidden_state,
    ...hidden_states,
    ...attentions,
  ];
  const expected = all(want);
  expect(all(got)).toHaveLength(expected.length);
  for (const [i, tensor] of all(got).entries()) await expectSameBits(tensor, expected[i]);
}

describe('stream_encoder', () => {
  it.each(hybrids)('a hybrid reads and writes what it does from memory: %s', async (folder) => {
    const [a, b] = [
      await LlmToSlm.from_pretrained(folder),
      await LlmToSlm.from_pretrained(folder, { stream_encoder: true }),
    ];
    for (const fusion of ['add', 'replace', 'none'] as const) {
      const [want, got] = [await a.encode({ input_ids, fusion }), await b.encode({ input_ids, fusion })];
      for (const part of ['hidden', 'projected', 'prompt'] as const) {
        const [x, y] = [got[part], want[part]];
        expect(x === undefined).toBe(y === undefined);
        if (x !== undefined && y !== undefined) await expectSameBits(x, y);
      }
    }
    const options = { input_ids, max_new_tokens: 6, num_beams: 2, output_logits: true };
    const [want, got] = [await a.generate(options), await b.generate(options)];
    expect(got.sequences).toEqual(want.sequences);
    expect(got.logits).toEqual(want.logits);
    expect(b.memoryFootprint()).toBeLessThan(a.memoryFootprint());
    a.dispose();
    b.dispose();
  });

  it('gives the same bits, taps, hidden states and attentions, whatever the dtype in the file and in memory', () =>
    fc.assert(
      fc.asyncProperty(
        fc.tuple(t5Config, weightSeed, idRows(3, 6)),
        fc.constantFrom<StoredDtype>('F32', 'F16', 'BF16'),
        fc.constantFrom('f32', 'f16', 'bf16', 'int8', 'int4'),
        fc.boolean(),
        async ([config, seed, rows], stored, dtype, blob) => {
          const weights = await t5Bytes(config, seed, stored);
          const files = filesOf(config, blob ? new Blob([weights]) : weights);
          const [a, b] = [await resident(files, { dtype }), await streamed(files, { dtype })];
          const ids = inVocabulary(rows, config.vocab_size);
          const asked = {
            input_ids: ids,
            attention_mask: ids.map((row) => row.map((_, t) => (t === 0 ? 0 : 1))),
            output_hidden_states: true,
            output_attentions: true,
          };
          const [seenA, seenB] = [new Recorder(), new Recorder()];
          const want = await a.forward({ ...asked, observer: seenA });
          await expectSameOutput(await b.forward({ ...asked, observer: seenB }), want);
          expect(seenB.seen).toEqual(seenA.seen);
        },
      ),
      runs(60),
    ));

  it('takes embeddings in place of ids', async () => {
    const { model, backend } = await watched();
    const own = await resident(filesOf(json, bytes), { backend });
    const rows = await own.forward({ input_ids, output_hidden_states: true });
    const inputs_embeds = rows.hidden_states?.[0];
    await expectSameBits((await model.forward({ inputs_embeds })).last_hidden_state, wanted.last_hidden_state);
    expect(inputs_embeds?.disposed).toBe(false);
  });

  it('reads shards, and addresses by ranges', async () => {
    const all = await t5Tensors(json);
    const shards = { 'a.safetensors': all.slice(0, 20), 'b.safetensors': all.slice(20) };
    const named = Object.entries(shards).flatMap(([file, part]) => part.map(({ name }) => [name, file]));
    const index = JSON.stringify({ weight_map: Object.fromEntries(named) });
    const parts = Object.entries(shards).map(([file, part]) => [file, writeSafetensors(part)] as const);
    const files: Record<string, Uint8Array | string> = {
      '/m/config.json': JSON.stringify(json),
      '/m/model.safetensors.index.json': index,
      ...Object.fromEntries(parts.map(([file, part]) => [`/m/${file}`, part])),
    };
    const server = await serve(fileHandler(files));
    const model = await streamed(`${server.url}/m`);
    await expectSameBits((await model.forward({ input_ids })).last_hidden_state, wanted.last_hidden_state);
    model.dispose();
  });

  it('leaves observers their say: a value may be replaced, and kept beyond its layer', async () => {
    const { model, backend } = await watched();
    const kept: Tensor[] = [];
    const same: Observer = {
      tap(name, value) {
        if (name === 'encoder.blocks.1.resid_post') kept.push(keep(value));
        return name === 'encoder.blocks.3.resid_pre' ? kept[0] : undefined;
      },
    };
    const own = await resident(filesOf(json, bytes), { backend });
    const want = await own.forward({ input_ids, observer: same });
    const got = await model.forward({ input_ids, observer: { ...same, tap: (name, value) => same.tap(name, value) } });
    await expectSameBits(got.last_hidden_state, want.last_hidden_state);
    await expectSameBits(kept[1], kept[0]);
  });
});

describe('memory of a streamed encoder', () => {
  /** The most that was taken while a prompt was read. */
  async function peak(config: T5Json): Promise<number> {
    const backend = new ReferenceBackend();
    const model = await streamed(filesOf(config, await t5Bytes(config)), { backend });
    expect(backend.memory.bytes).toBe(model.memoryFootprint());
    let most = 0;
    const observer: Observer = {
      tap() {
        most = Math.max(most, backend.memory.bytes);
        return undefined;
      },
    };
    const { last_hidden_state } = await model.forward({ input_ids: [[1, 2, 3]], observer });
    last_hidden_state.dispose();
    expect(backend.memory.bytes).toBe(model.memoryFootprint());
    model.dispose();
    expect(backend.memory).toEqual({ blocks: 0, bytes: 0 });
    return most;
  }

  it('grows neither with layers nor with the vocabulary, and is that of one layer', async () => {
    const wide = { ...json, d_model: 64, d_ff: 256, num_layers: 1 };
    const least = await peak(wide);
    expect(await peak({ ...wide, num_layers: 7, vocab_size: 900 })).toBe(least);
    const layer = 4 * (4 * 64 * 12 + 3 * 64 * 256 + 2 * 64);
    expect(least).toBeGreaterThan(layer);
    expect(least).toBeLessThan(1.2 * layer);
  });

  it('no layer is asked for before the last but one is done', async () => {
    const { model, source } = await watched();
    const before = source.reads.length;
    const begun: number[] = [];
    const observer: Observer = {
      tap(name) {
        if (name.endsWith('resid_post')) begun.push(source.reads.length - before);
        return undefined;
      },
      wants: () => false,
    };
    await model.forward({ input_ids, observer });
    const [rows, layer] = [1, 9]; // reads: the rows lie close together; a layer is 7 matrices and 2 norms
    expect(begun).toEqual([2, 3, 4, 5, 5].map((layers) => rows + layers * layer));
  });

  it('the file is read once per prompt, and not at all with a baton', async () => {
    const [folder] = hybrids;
    const weights = new Watched(readFileSync(`${folder}/llm/model.safetensors`));
    const parts = [
      'hybrid.json',
      'projector.safetensors',
      'llm/config.json',
      'slm/config.json',
      'slm/model.safetensors',
    ];
    const files = Object.fromEntries(parts.map((part) => [part, new Uint8Array(readFileSync(`${folder}/${part}`))]));
    const model = await LlmToSlm.from_pretrained(
      { ...files, 'llm/model.safetensors': weights.content },
      { stream_encoder: true },
    );
    const counts = new Map<string, number>();
    const observer: Observer = {
      tap(name) {
        counts.set(name, (counts.get(name) ?? 0) + 1);
        return undefined;
      },
      wants: () => false,
    };
    const baton = await model.encode({ input_ids });
    const reads = weights.reads.length;
    await model.generate({ baton, max_new_tokens: 5 });
    expect(weights.reads.length).toBe(reads);
    await model.generate({ input_ids, max_new_tokens: 5, num_beams: 2, observer });
    expect(counts.get('encoder.final_norm')).toBe(1);
    expect(counts.get('decoder.logits')).toBe(5);
    model.dispose();
    expect(weights.open).toBe(0);
  });
});

/** Inputs of `forward` and `encode` that are refused: by class, by name, rule and value. */
import { describe, expect, it } from 'vitest';
import {
  DtypeError,
  NumericError,
  OptionError,
  ShapeError,
  StateError,
  UnsupportedOptionError,
} from '../../src/errors.ts';
import { KVCache } from '../../src/generate/kv-cache.ts';
import { T5Cache } from '../../src/generate/t5-cache.ts';
import { tensor, zeros } from '../../src/kernels/create.ts';
import { GPT2LMHeadModel } from '../../src/pretrained/gpt2-lm-head-model.ts';
import { LlmToSlm } from '../../src/pretrained/llm-to-slm.ts';
import { T5EncoderModel } from '../../src/pretrained/t5-encoder-model.ts';
import { T5ForConditionalGeneration } from '../../src/pretrained/t5-for-conditional-generation.ts';

const goldens = 'test/goldens';
const gpt2 = await GPT2LMHeadModel.from_pretrained(`${goldens}/gpt2/basic`); // V 101, D 48, 64 positions
const t5 = await T5ForConditionalGeneration.from_pretrained(`${goldens}/t5/v11`); // V 103, D 40
const encoder = await T5EncoderModel.from_pretrained(`${goldens}/t5/encoder-only`); // D 32
const hybrid = await LlmToSlm.from_pretrained(`${goldens}/hybrid/gpt2-add`); // V of the LLM 120

type Class = new (summary: string) => Error;
type Wrong = readonly [inputs: object, kind: Class, text: string];

/** A call, wrongly made. */
function refuses(call: (inputs: object) => Promise<unknown>, wrong: readonly Wrong[]): void {
  it.each(wrong)('%o', async (inputs, kind, text) => {
    const refused = call(inputs);
    await expect(refused).rejects.toBeInstanceOf(kind);
    await expect(refused).rejects.toThrow(text);
  });
}

const ok = { input_ids: [[1, 2]] };

describe('GPT2LMHeadModel.forward refuses', () => {
  refuses(
    (inputs) => gpt2.forward(inputs),
    [
      [{}, OptionError, 'give either "input_ids" or "inputs_embeds"'],
      [{ ...ok, inputs_embeds: zeros([1, 2, 48]) }, OptionError, 'give either "input_ids" or "inputs_embeds"'],
      [{ input_id: [[1]] }, UnsupportedOptionError, 'there is no argument "input_id"\n  nearest: input_ids'],
      [{ input_ids: [] }, ShapeError, '"input_ids" must be rows of numbers, [B T] with B, T ≥ 1, got []'],
      [{ input_ids: [[]] }, ShapeError, '"input_ids" must be rows of numbers'],
      [{ input_ids: [1, 2] }, ShapeError, '"input_ids" must be rows of numbers, [B T] with B, T ≥ 1, got [1, 2]'],
      [{ input_ids: 'text' }, ShapeError, '"input_ids" must be rows of numbers, [B T] with B, T ≥ 1, got "text"'],
      [{ input_ids: [[1, 2], [3]] }, ShapeError, '"input_ids" must have rows of one length, got 2 and 1\n  hint: pad'],
      [
        { input_ids: [[1, 101]] },
        NumericError,
        '"input_ids"[0][1] must be a whole number in [0, 101), got 101 (number)',
      ],
      [{ input_ids: [[-1]] }, NumericError, 'in [0, 101), got -1'],
      [{ input_ids: [[0.5]] }, NumericError, 'in [0, 101), got 0.5'],
      [{ input_ids: [[NaN]] }, NumericError, 'in [0, 101), got NaN'],
      [{ input_ids: [['1']] }, NumericError, 'in [0, 101), got "1" (string)'],
      [{ input_ids: tensor([1, 2], { dtype: 'I32' }) }, ShapeError, '"input_ids" must be [B T], got [2]'],
      [{ inputs_embeds: [[[1]]] }, DtypeError, '"inputs_embeds" must be a tensor [B T 48], got [[[1]]]'],
      [{ inputs_embeds: zeros([1, 2, 40]) }, ShapeError, '"inputs_embeds" must be [B T 48], got [1, 2, 40]'],
      [{ inputs_embeds: zeros([1, 0, 48]) }, ShapeError, '"inputs_embeds" must be [B T 48], got [1, 0, 48]'],
      [{ ...ok, attention_mask: [[1]] }, ShapeError, '"attention_mask" must be [1, 2], got [1, 1]'],
      [{ ...ok, attention_mask: [[1, 2]] }, OptionError, '"attention_mask" must hold 0 and 1, got 2 (number)'],
      [
        { ...ok, attention_mask: [[true, true]] },
        OptionError,
        '"attention_mask" must hold 0 and 1, got true (boolean)',
      ],
      [{ ...ok, labels: [[1]] }, ShapeError, '"labels" must be [1, 2], got [1, 1]'],
      [{ ...ok, labels: [[1, -1]] }, NumericError, '"labels"[0][1] must be a whole number in [0, 101), got -1'],
      [{ ...ok, labels: [[1, -100]] }, NumericError, 'no row counts: all 1 labels are -100'],
      [{ ...ok, past_key_values: {} }, OptionError, '"past_key_values" must be a cache of 3 layers, got an object'],
      [
        { ...ok, past_key_values: new KVCache(1) },
        OptionError,
        '"past_key_values" must be a cache of 3 layers, got one of 1',
      ],
      [
        { ...ok, past_key_values: new T5Cache(3, 1) },
        OptionError,
        'must be a cache of 3 layers, got a T5Cache\n  hint: take it',
      ],
      [{ ...ok, use_cache: 'yes' }, OptionError, '"use_cache" must be true or false, got "yes" (string)'],
      [{ ...ok, output_attentions: 1 }, OptionError, '"output_attentions" must be true or false, got 1 (number)'],
      [{ input_ids: [Array(65).fill(1)] }, ShapeError, '65 columns are more than the 64 positions of this model'],
    ],
  );

  it('more positions than there are, also behind a cache, which stays as it was', async () => {
    const past_key_values = new KVCache(gpt2.config.nLayers);
    await gpt2.forward({ input_ids: [Array(60).fill(1)], past_key_values });
    const more = gpt2.forward({ input_ids: [[1, 2, 3, 4, 5]], past_key_values });
    await expect(more).rejects.toThrow('65 columns are more than the 64 positions of this model');
    expect(past_key_values.length).toBe(60);
  });

  it('a cache of another batch', async () => {
    const past_key_values = new KVCache(gpt2.config.nLayers);
    await gpt2.forward({ ...ok, past_key_values });
    await expect(gpt2.forward({ input_ids: [[1], [2]], past_key_values })).rejects.toBeInstanceOf(ShapeError);
  });

  it('anything but an object', async () => {
    const call: (inputs: never) => Promise<unknown> = (inputs) => gpt2.forward(inputs);
    for (const inputs of [null, undefined, 3] as never[]) {
      await expect(call(inputs)).rejects.toThrow(/takes an object of arguments, got/);
    }
  });
});

describe('T5ForConditionalGeneration.forward refuses', () => {
  refuses(
    (inputs) => t5.forward(inputs),
    [
      [{}, OptionError, 'give either "input_ids" or "inputs_embeds"'],
      [ok, OptionError, 'the decoder needs "decoder_input_ids", "decoder_inputs_embeds" or "labels"'],
      [{ ...ok, decoder_input_ids: [[1], [2]] }, ShapeError, 'the decoder has 2 rows and the encoder 1'],
      [
        { ...ok, decoder_input_ids: [[103]] },
        NumericError,
        '"decoder_input_ids"[0][0] must be a whole number in [0, 103)',
      ],
      [{ ...ok, labels: [[1], [2]] }, ShapeError, 'the decoder has 2 rows and the encoder 1'],
      [{ ...ok, decoder_input_ids: [[1, 2]], labels: [[1]] }, ShapeError, '"labels" must be [1, 2], got [1, 1]'],
      [
        { ...ok, decoder_input_ids: [[1]], decoder_inputs_embeds: zeros([1, 1, 40]) },
        OptionError,
        'give either "decoder_input_ids" or "decoder_inputs_embeds"',
      ],
      [
        { ...ok, encoder_outputs: zeros([1, 2, 40]), decoder_input_ids: [[1]] },
        OptionError,
        'give either a prompt or "encoder_outputs", not both',
      ],
      [
        { encoder_outputs: zeros([1, 2, 41]), decoder_input_ids: [[1]] },
        ShapeError,
        '"encoder_outputs" must be [B T 40]',
      ],
      [
        { ...ok, decoder_input_ids: [[1]], decoder_attention_mask: [[1, 1]] },
        ShapeError,
        '"decoder_attention_mask" must be [1, 1], got [1, 2]',
      ],
    ],
  );
});

describe('T5EncoderModel.forward refuses', () => {
  refuses(
    (inputs) => encoder.forward(inputs),
    [
      [{}, OptionError, 'give either "input_ids" or "inputs_embeds"'],
      [{ ...ok, labels: [[1]] }, UnsupportedOptionError, 'there is no argument "labels"'],
      [{ inputs_embeds: zeros([2, 32]) }, ShapeError, '"inputs_embeds" must be [B T 32], got [2, 32]'],
    ],
  );
});

describe('LlmToSlm.forward refuses', () => {
  refuses(
    (inputs) => hybrid.forward({ labels: [[1, 2]], ...inputs }),
    [
      [{}, OptionError, 'give one of "input_ids", "text" and "baton"'],
      [{ ...ok, text: 'Hello' }, OptionError, 'give one of "input_ids", "text" and "baton"'],
      [
        { text: 'Hello' },
        Error,
        '"text" needs the tokenizer of the LLM, and its folder has none\n  hint: give "input_ids"',
      ],
      [{ baton: zeros([1, 2, 32]) }, OptionError, '"baton" must come from encode()'],
      [{ ...ok, labels: [[1], [2]] }, ShapeError, '"labels" has 2 rows and the prompt 1'],
      [{ ...ok, fusion: 'sum' }, Error, "\"fusion\" must be one of 'add', 'replace', 'none', got sum"],
      [{ input_ids: [[120]] }, NumericError, '"input_ids"[0][0] must be a whole number in [0, 120), got 120'],
      [{ ...ok, output_attentions: true }, UnsupportedOptionError, 'there is no argument "output_attentions"'],
    ],
  );
});

describe('a model that was disposed of', () => {
  it('says so', async () => {
    const model = await T5EncoderModel.from_pretrained(`${goldens}/t5/encoder-only`);
    model.dispose();
    await expect(model.forward(ok)).rejects.toThrow(
      new StateError('forward was called after dispose()', { op: 'T5EncoderModel' }),
    );
  });
});

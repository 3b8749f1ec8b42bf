import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import { readHybridConfig } from '../../src/models/bridge-weights.ts';
import { readGpt2Config } from '../../src/models/gpt2-weights.ts';
import { readT5Config } from '../../src/models/t5-weights.ts';
import { runs } from '../seed.ts';
import { gpt2Config, t5Config } from './configs.ts';

const readers = { gpt2: readGpt2Config, t5: readT5Config, hybrid: readHybridConfig };

describe('readGpt2Config', () => {
  it('fills in what transformers fills in', () => {
    expect(readGpt2Config({})).toEqual({
      modelType: 'gpt2',
      vocabSize: 50257,
      nCtx: 1024,
      dModel: 768,
      nLayers: 12,
      nHeads: 12,
      dMlp: 3072,
      activation: 'gelu_new',
      eps: 1e-5,
      scaleScores: true,
      scaleByLayer: false,
      tied: true,
    });
  });

  it('takes null for "as by default"', () => {
    expect(readGpt2Config({ n_inner: null, n_embd: 24 }).dMlp).toBe(96);
  });
});

describe('readT5Config', () => {
  it('fills in what transformers fills in', () => {
    expect(readT5Config({})).toEqual({
      modelType: 't5',
      vocabSize: 32128,
      dModel: 512,
      dHead: 64,
      nHeads: 8,
      dMlp: 2048,
      nLayers: 6,
      nDecoderLayers: 6,
      numBuckets: 32,
      maxDistance: 128,
      eps: 1e-6,
      activation: 'relu',
      gated: false,
      tied: true,
      scaleOutputs: true,
      padId: 0,
      decoderStartId: 0,
    });
  });

  it('reads v1.1: gated by the tanh form of gelu, an untied head that is not scaled', () => {
    const json = { feed_forward_proj: 'gated-gelu', tie_word_embeddings: false };
    expect(readT5Config(json)).toMatchObject({ gated: true, activation: 'gelu_new', tied: false, scaleOutputs: false });
    expect(readT5Config({ feed_forward_proj: 'gated-silu' })).toMatchObject({ gated: true, activation: 'silu' });
  });

  it('as many decoder layers as encoder layers, unless it says otherwise', () => {
    expect(readT5Config({ num_layers: 3 }).nDecoderLayers).toBe(3);
    expect(readT5Config({ num_layers: 3, num_decoder_layers: 5 }).nDecoderLayers).toBe(5);
  });
});

describe('configs', () => {
  const wrong: [keyof typeof readers, object, string][] = [
    [
      'gpt2',
      { n_embd: 'wide' },
      'config field "n_embd" must be a whole number ≥ 1, got "wide" (string)\n  in config.json',
    ],
    ['gpt2', { n_layer: 0 }, 'config field "n_layer" must be a whole number ≥ 1, got 0 (number)'],
    ['gpt2', { n_head: 2.5 }, 'config field "n_head" must be a whole number ≥ 1, got 2.5 (number)'],
    ['gpt2', { n_embd: 10, n_head: 3 }, 'config field "n_head" must divide "n_embd" (10), got 3'],
    ['gpt2', { layer_norm_epsilon: -1 }, 'config field "layer_norm_epsilon" must be a number > 0, got -1 (number)'],
    ['gpt2', { scale_attn_weights: 1 }, 'config field "scale_attn_weights" must be true or false, got 1 (number)'],
    [
      'gpt2',
      { activation_function: 'gelu_old' },
      'no activation is called "gelu_old"\n  in config.json\n  nearest: gelu_10, gelu_new',
    ],
    [
      'gpt2',
      { model_type: 't5' },
      'config field "model_type" must be "gpt2" (nothing else is computed here), got "t5"',
    ],
    ['gpt2', { add_cross_attention: true }, 'config field "add_cross_attention" must be false'],
    ['gpt2', { n_heads: 3 }, 'config field "n_heads" is not understood\n  in config.json\n  nearest: n_head'],
    ['t5', { d_kv: null, d_model: [] }, 'config field "d_model" must be a whole number ≥ 1, got [] (object)'],
    ['t5', { feed_forward_proj: 'gated-what' }, 'no activation is called "what"'],
    ['t5', { feed_forward_proj: 'gated-gelu', is_gated_act: false }, 'contradict "feed_forward_proj": "gated-gelu"'],
    ['t5', { dense_act_fn: 'gelu' }, 'contradict "feed_forward_proj": "relu"'],
    ['t5', { pad_token_id: -1 }, 'config field "pad_token_id" must be a whole number ≥ 0, got -1 (number)'],
    ['t5', { tie_encoder_decoder: true }, 'config field "tie_encoder_decoder" must be false'],
    ['t5', { relative_attention_num_bucket: 8 }, 'nearest: relative_attention_num_buckets'],
    ['hybrid', { fusion: 'sum' }, 'config field "fusion" must be one of "add", "replace", "none", got "sum" (string)'],
    ['hybrid', { format: 'llm-to-llm' }, 'config field "format" must be "llm-to-slm"'],
    ['hybrid', { version: 2 }, 'config field "version" must be 1 (nothing else is computed here), got 2 (number)'],
    ['hybrid', { prompt_tokenizer: 'paired' }, 'config field "prompt_tokenizer" must be "llm"'],
    ['hybrid', { fuson: 'add' }, 'config field "fuson" is not understood\n  in hybrid.json\n  nearest: fusion'],
  ];
  it.each(wrong)('%s %j is refused by name, rule and value', (kind, json, text) => {
    const read = () => readers[kind](json);
    expect(read).toThrow(FormatError);
    expect(read).toThrow(text);
  });

  it.each(Object.keys(readers))('%s must be an object', (kind) => {
    for (const json of [null, [], 'x', 1, undefined]) {
      const read = () => readers[kind as keyof typeof readers](json);
      expect(read).toThrow(/a config must be a JSON object, got/);
    }
  });

  it('any change of a field gives a config or a FormatError, never another error', () =>
    fc.assert(
      fc.property(fc.oneof(gpt2Config, t5Config), fc.nat(), fc.jsonValue(), (json, at, value) => {
        const keys = Object.keys(json);
        const changed = { ...json, [keys[at % keys.length]]: value };
        const read = json.model_type === 'gpt2' ? readGpt2Config : readT5Config;
        try {
          expect(read(changed).vocabSize).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      runs(300),
    ));
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OptionError, UnsupportedOptionError } from '../../src/errors.ts';
import { notOffered, offered } from '../../src/generate/option-table.ts';
import { resolveOptions } from '../../src/generate/options.ts';
import { runs } from '../seed.ts';

const thrown = (call: () => unknown): unknown => {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('resolveOptions', () => {
  it('gives every option its value, with the defaults of Hugging Face', () => {
    expect(resolveOptions()).toEqual({
      max_new_tokens: null,
      max_length: null,
      min_length: 0,
      min_new_tokens: 0,
      do_sample: false,
      temperature: 1,
      top_k: 50,
      top_p: 1,
      min_p: 0,
      repetition_penalty: 1,
      seed: null,
      eos_token_id: null,
      pad_token_id: null,
      bos_token_id: null,
      decoder_start_token_id: null,
      num_beams: 1,
      length_penalty: 1,
      early_stopping: false,
      num_return_sequences: 1,
      output_scores: false,
      output_logits: false,
    });
  });

  it('lets the call win over "generation_config", that over generation_config.json, that over config.json', () => {
    const place = fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined, freq: 2 });
    fc.assert(
      fc.property(place, place, place, place, (call, config, file, model) => {
        const got = resolveOptions(
          { num_beams: call, generation_config: { num_beams: config } },
          { num_beams: file },
          { num_beams: model, vocab_size: 9 },
        );
        expect(got.num_beams).toBe(call ?? config ?? file ?? model ?? 1);
      }),
      runs(100),
    );
  });

  it('takes null in a call as "nobody says anything", and null elsewhere as silence', () => {
    const file = { eos_token_id: 5, max_new_tokens: 7, temperature: 0.5 };
    expect(resolveOptions({ eos_token_id: null, max_new_tokens: null, temperature: null }, file)).toMatchObject({
      eos_token_id: null,
      max_new_tokens: null,
      temperature: 1,
    });
    expect(resolveOptions({ generation_config: { eos_token_id: null } }, file).eos_token_id).toBe(5);
    expect(resolveOptions({ do_sample: true, top_k: null }).top_k).toBe(0);
  });

  it('lets the nearer place decide between length in tokens and length in columns', () => {
    expect(resolveOptions({ max_length: 30 }, { max_new_tokens: 5 })).toMatchObject({
      max_length: 30,
      max_new_tokens: null,
    });
    expect(resolveOptions({ max_new_tokens: 5 }, { max_length: 30 })).toMatchObject({
      max_length: null,
      max_new_tokens: 5,
    });
    expect(resolveOptions({}, { max_length: 30, max_new_tokens: 5 })).toMatchObject({
      max_length: null,
      max_new_tokens: 5,
    });
    expect(resolveOptions({ min_new_tokens: 2 }, { min_length: 30 })).toMatchObject({
      min_length: 0,
      min_new_tokens: 2,
    });
  });

  it('reads the files of real models, whatever they say about themselves', () => {
    const t5 = {
      _from_model_config: true,
      decoder_start_token_id: 0,
      eos_token_id: 1,
      pad_token_id: 0,
      transformers_version: '5.23.0',
      use_cache: true,
    };
    expect(resolveOptions({}, t5)).toMatchObject({ eos_token_id: 1, pad_token_id: 0, decoder_start_token_id: 0 });
    const old = {
      model_type: 'gpt2',
      bos_token_id: 50256,
      n_layer: 12,
      task_specific_params: {},
      do_sample: false,
      typical_p: 1.0,
    };
    expect(resolveOptions({}, {}, old).bos_token_id).toBe(50256);
    expect(resolveOptions({}, { return_dict_in_generate: false, output_attentions: false }).num_beams).toBe(1);
  });

  it('names the nearest options for a name nobody knows', () => {
    const error = thrown(() => Reflect.apply(resolveOptions, undefined, [{ max_new_token: 5 }]));
    expect(error).toBeInstanceOf(UnsupportedOptionError);
    expect(error).toMatchObject({ code: 'UNSUPPORTED_OPTION', got: 'max_new_token' });
    expect(String(error)).toContain(
      'generate: "max_new_token" is not an option of generate\n  nearest: max_new_tokens',
    );
    expect(() => resolveOptions({}, { topp: 1 })).toThrow('in generation_config.json\n  nearest: top_p');
  });

  it('names what Hugging Face knows and we do not offer, unless it asks for nothing', () => {
    for (const [name, neutral] of Object.entries(notOffered)) {
      for (const value of [null, undefined, ...neutral]) expect(() => resolveOptions({ [name]: value })).not.toThrow();
      const error = thrown(() => resolveOptions({ [name]: 17.5 }));
      expect(error).toBeInstanceOf(UnsupportedOptionError);
      expect(String(error)).toContain(
        `"${name}" is an option of Hugging Face's generate that is not offered here, got 17.5`,
      );
      expect(Object.keys(offered)).not.toContain(name);
    }
    expect(() => resolveOptions({}, { no_repeat_ngram_size: 3 })).toThrow('hint: pass no_repeat_ngram_size: null');
    expect(resolveOptions({ no_repeat_ngram_size: null }, {}).num_beams).toBe(1);
  });

  it('lets a call switch off what the file asks for and we do not offer', () => {
    expect(() => resolveOptions({}, { no_repeat_ngram_size: 3 })).toThrow(UnsupportedOptionError);
    expect(() => resolveOptions({ no_repeat_ngram_size: null }, { no_repeat_ngram_size: 3 })).not.toThrow();
    expect(() => resolveOptions({ no_repeat_ngram_size: 0 }, { no_repeat_ngram_size: 3 })).not.toThrow();
  });

  it.each([
    ['max_new_tokens', 0, 'a whole number ≥ 1, got 0 (number)'],
    ['max_new_tokens', '5', 'a whole number ≥ 1, got "5" (string)'],
    ['min_length', -1, 'a whole number ≥ 0, got -1 (number)'],
    ['do_sample', 1, 'true or false, got 1 (number)'],
    ['temperature', 0, 'a finite number > 0, got 0 (number)\n  hint: for the best token'],
    ['temperature', Number.NaN, 'a finite number > 0, got NaN (number)'],
    ['top_k', 1.5, 'a whole number ≥ 0, got 1.5 (number)'],
    ['top_p', 1.1, 'a number in [0, 1], got 1.1 (number)'],
    ['min_p', -0.1, 'a number in [0, 1], got -0.1 (number)'],
    ['repetition_penalty', 0, 'a finite number > 0, got 0 (number)'],
    ['seed', 2 ** 60, 'a whole number ≥ 0'],
    ['eos_token_id', [], 'a token id, a list of at least one, or null, got [] (object)'],
    ['eos_token_id', [1, -1], 'a token id, a list of at least one, or null, got [1, -1]'],
    ['pad_token_id', [1], 'a token id (a whole number ≥ 0), got [1]'],
    ['num_beams', 0, 'a whole number ≥ 1, got 0'],
    ['length_penalty', Number.POSITIVE_INFINITY, 'a finite number, got Infinity'],
    ['early_stopping', 'always', 'true, false or "never", got "always" (string)'],
    ['output_scores', 'yes', 'true or false, got "yes" (string)'],
  ])('states the rule of "%s" for %s', (name, value, rule) => {
    const error = thrown(() => resolveOptions({ [name]: value }));
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toMatchObject({ code: 'OPTION', op: 'generate', got: value });
    expect(String(error)).toContain(`generate: "${name}" must be ${rule}`);
    expect(() => resolveOptions({}, { [name]: value })).toThrow('in generation_config.json');
  });

  it.each([
    [{ temperature: 0.5 }, '"temperature" (0.5) does nothing without do_sample: true'],
    [{ top_k: 5 }, '"top_k" (5) does nothing without do_sample: true'],
    [{ top_p: 0.5, do_sample: false }, '"top_p" (0.5) does nothing without do_sample: true'],
    [{ generation_config: { min_p: 0.1 } }, '"min_p" (0.1) does nothing without do_sample: true'],
    [{ early_stopping: true }, '"early_stopping" (true) does nothing with "num_beams" 1'],
    [{ length_penalty: 2 }, '"length_penalty" (2) does nothing with "num_beams" 1'],
    [{ max_new_tokens: 5, max_length: 9 }, '"max_new_tokens" (5) and "max_length" (9) say the same thing twice'],
    [{ min_new_tokens: 5, min_length: 9 }, '"min_new_tokens" (5) and "min_length" (9) say the same thing twice'],
    [{ num_beams: 2, num_return_sequences: 3 }, '"num_return_sequences" (3) must be at most "num_beams" (2)'],
    [{ num_return_sequences: 2 }, '"num_return_sequences" (2) must be 1 without beams or sampling'],
    [{ min_new_tokens: 6, max_new_tokens: 5 }, '"min_new_tokens" (6) must be at most "max_new_tokens" (5)'],
    [{ min_length: 6, max_length: 5 }, '"min_length" (6) must be at most "max_length" (5)'],
    [{ generation_config: 7 }, '"generation_config" must be an object'],
    [{ return_dict_in_generate: false }, '"return_dict_in_generate" is an option'],
  ])('rejects %j', (call, message) => {
    const error = thrown(() => Reflect.apply(resolveOptions, undefined, [call]));
    expect(error).toBeInstanceOf(OptionError);
    expect(String(error)).toContain(message);
  });

  it('lets what a file says lie unused, and accepts neutral values without sampling', () => {
    expect(resolveOptions({}, { temperature: 0.7, top_p: 0.9, length_penalty: 2 }).do_sample).toBe(false);
    expect(resolveOptions({ temperature: 1, top_p: 1, top_k: 50, min_p: 0 }).do_sample).toBe(false);
  });

  it('gives complete options or a typed error for anything at all', () => {
    const name = fc.oneof(fc.constantFrom(...Object.keys(offered), ...Object.keys(notOffered)), fc.string());
    const value = fc.oneof(fc.anything(), fc.integer({ min: -2, max: 9 }), fc.boolean(), fc.constant('never'));
    fc.assert(
      fc.property(fc.dictionary(name, value), fc.dictionary(name, value), (call, file) => {
        const error = thrown(() => {
          const got = resolveOptions(call, file);
          expect(Object.keys(got).sort()).toEqual(Object.keys(offered).sort());
        });
        if (error !== undefined) expect(error).toBeInstanceOf(OptionError);
      }),
      runs(500),
    );
  });
});

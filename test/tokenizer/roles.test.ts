import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import { readRoles } from '../../src/tokenizer/roles.ts';
import { runs } from '../seed.ts';

describe('readRoles', () => {
  it('reads strings and objects; the config wins over the map, null means none', () => {
    const roles = readRoles({
      tokenizer_config: {
        bos_token: '<s>',
        pad_token: null,
        add_eos_token: true,
        extra_ids: 100,
        tokenizer_class: 'T5',
      },
      special_tokens_map: { bos_token: '<x>', eos_token: { content: '</s>', lstrip: false }, pad_token: '<pad>' },
    });
    expect(roles).toMatchObject({ bos: '<s>', eos: '</s>', pad: null, addEos: true, extraIds: 100 });
    expect(roles.unk).toBeUndefined();
    expect(roles.addPrefixSpace).toBeUndefined();
  });

  it('collects further special tokens and added tokens by id', () => {
    const roles = readRoles({
      tokenizer_config: {
        additional_special_tokens: ['<a>', { content: '<b>' }],
        extra_special_tokens: { image: '<c>' },
        added_tokens_decoder: { 9: { content: '<x>', special: true, rstrip: true } },
      },
      added_tokens: { '<y>': 8, '<x>': 9 },
    });
    expect(roles.moreSpecial).toEqual(['<a>', '<b>', '<c>']);
    expect(roles.addedTokens.map(({ id, content, special }) => [id, content, special])).toEqual([
      [8, '<y>', false],
      [9, '<x>', true],
    ]);
  });

  it.each([
    [{ tokenizer_config: 3 }, 'must be an object, got 3 (number)\n  in tokenizer_config.json'],
    [{ tokenizer_config: { eos_token: 3 } }, 'in tokenizer_config.json at eos_token'],
    [{ special_tokens_map: { eos_token: {} } }, 'in special_tokens_map.json at eos_token.content'],
    [{ tokenizer_config: { add_bos_token: 'yes' } }, 'must be true or false, got "yes" (string)'],
    [{ tokenizer_config: { extra_ids: -1 } }, 'in tokenizer_config.json at extra_ids'],
    [{ tokenizer_config: { additional_special_tokens: [[]] } }, 'at additional_special_tokens[0]'],
    [{ tokenizer_config: { added_tokens_decoder: { x: { content: 'a' } } } }, 'at added_tokens_decoder.x.id'],
    [{ added_tokens: { a: 'b' } }, 'in added_tokens.json at "a".id'],
  ])('refuses %j', (files, message) => {
    expect(() => readRoles(files)).toThrow(FormatError);
    expect(() => readRoles(files)).toThrow(message);
  });

  it('any JSON gives roles or a typed error', () => {
    const names = ['bos_token', 'additional_special_tokens', 'added_tokens_decoder', 'extra_ids', 'add_bos_token'];
    const config = fc.dictionary(fc.constantFrom(...names), fc.jsonValue());
    const files = fc.record({ tokenizer_config: config, special_tokens_map: config, added_tokens: fc.jsonValue() });
    fc.assert(
      fc.property(files, (files) => {
        try {
          readRoles(files);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      runs(300),
    );
  });
});

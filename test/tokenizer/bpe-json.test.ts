import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatonError, FormatError } from '../../src/errors.ts';
import { bpeFromTokenizerJson } from '../../src/tokenizer/bpe-json.ts';
import { readRoles } from '../../src/tokenizer/roles.ts';
import { runs } from '../seed.ts';
import { changedAnywhere, own, ownJson } from './own.ts';

const withModel = (changes: object) => ({ ...ownJson(), model: { ...ownJson().model, ...changes } });
const template = (single: unknown, special_tokens: unknown = {}) => ({
  ...ownJson(),
  post_processor: { type: 'TemplateProcessing', single, pair: [], special_tokens },
});
const text = { Sequence: { id: 'A', type_id: 0 } };
const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });

describe('bpeFromTokenizerJson', () => {
  it('reads merges as pairs or as strings, with or without the type of the model', () => {
    const { merges } = ownJson().model;
    const asStrings = merges.map((pair: string[]) => pair.join(' '));
    const old = withModel({ merges: asStrings, type: undefined, unk_token: '', continuing_subword_prefix: '' });
    expect(bpeFromTokenizerJson(old).encode('the ring')).toEqual(own.encode('the ring'));
  });

  it('a template surrounds every text, unless asked not to', () => {
    const single = [special('s'), text, special('e')];
    const tokenizer = bpeFromTokenizerJson(template(single, { s: { id: 's', ids: [0] }, e: { id: 'e', ids: [5, 6] } }));
    const plain = own.encode('the');
    const zero = [0, 0];
    expect(tokenizer.encode('the')).toEqual({
      ids: [0, ...plain.ids, 5, 6],
      pieces: ['<|endoftext|>', ...plain.pieces, own.idToPiece(5), own.idToPiece(6)],
      offsets: [zero, ...plain.offsets, zero, zero],
    });
    expect(tokenizer.encode('the', { add_special_tokens: false })).toEqual(plain);
  });

  it("add_prefix_space of the config wins over the file's", () => {
    const roles = readRoles({ tokenizer_config: { add_prefix_space: true } });
    expect(bpeFromTokenizerJson(ownJson(), roles).encode('the').ids).toEqual(own.encode(' the').ids);
  });

  it('roles become special tokens, the config adds to the tokens of the file', () => {
    const roles = readRoles({
      tokenizer_config: {
        bos_token: null,
        pad_token: { content: 'The' },
        added_tokens_decoder: {
          520: { content: '<m>', lstrip: true },
          0: { content: '<|endoftext|>', special: false },
        },
      },
    });
    const tokenizer = bpeFromTokenizerJson(ownJson(), roles);
    const the = own.pieceToId('The');
    expect(tokenizer.special).toEqual({ bos: undefined, eos: 0, unk: 0, pad: the, all: new Set([0, the]) });
    expect(tokenizer.encode('a <m>').ids).toEqual([own.pieceToId('a'), 520]);
  });

  it.each([
    ['no object', 7, 'must be an object, got 7 (number)\n  in tokenizer.json'],
    ['an unknown key', { ...ownJson(), truncations: null }, 'the key "truncations" is not known here'],
    ['another version', { ...ownJson(), version: '2.0' }, '"2.0" is not known here; known: 1.0'],
    ['a normalizer', { ...ownJson(), normalizer: { type: 'NFC' } }, '"normalizer" must be null'],
    ['no pre-tokenizer', { ...ownJson(), pre_tokenizer: null }, 'must be an object, got null'],
    [
      'another pre-tokenizer',
      { ...ownJson(), pre_tokenizer: { type: 'Metaspace' } },
      '"Metaspace" is not known here; known: ByteLevel\n  in tokenizer.json at pre_tokenizer.type',
    ],
    [
      'an unknown setting of the pre-tokenizer',
      { ...ownJson(), pre_tokenizer: { ...ownJson().pre_tokenizer, pattern: 'x' } },
      'the key "pattern" is not known here',
    ],
    ['another decoder', { ...ownJson(), decoder: { type: 'Fuse' } }, '"Fuse" is not known here; known: ByteLevel'],
    [
      'another post-processor',
      { ...ownJson(), post_processor: { type: 'BertProcessing' } },
      '"BertProcessing" is not known here; known: ByteLevel, TemplateProcessing',
    ],
    ['another model', withModel({ type: 'WordPiece' }), '"WordPiece" is not known here; known: BPE'],
    ['an unknown setting', withModel({ extra: 1 }), 'the key "extra" is not known here'],
    ['dropout', withModel({ dropout: 0.1 }), '"dropout" must be off for byte-level BPE, got 0.1'],
    ['a prefix', withModel({ continuing_subword_prefix: '##' }), '"continuing_subword_prefix" must be off'],
    ['byte fallback', withModel({ byte_fallback: true }), '"byte_fallback" must be off'],
    ['an unknown unknown token', withModel({ unk_token: '<u>' }), '"<u>" is not in the vocabulary'],
    ['a merge of three', withModel({ merges: [['a', 'b', 'c']] }), 'a merge must be two pieces, got 3'],
    [
      'a merge of numbers',
      withModel({ merges: [[1, 2]] }),
      'must be a string, got 1 (number)\n  in tokenizer.json at model.merges[0]',
    ],
    ['a merge without space', withModel({ merges: ['ab'] }), 'one space between, got "ab"'],
    ['a merge of unknown pieces', withModel({ merges: [['a', '🙂']] }), 'needs "🙂" in the vocabulary'],
    ['an added token without id', { ...ownJson(), added_tokens: [{ content: 'x' }] }, 'at added_tokens[0].id'],
    [
      'an added token far away',
      { ...ownJson(), added_tokens: [{ content: 'xyzzy', id: 999 }] },
      'without holes, got 999',
    ],
    [
      'an added token with the id of a piece',
      { ...ownJson(), added_tokens: [{ content: 'xyzzy', id: 9 }] },
      'id 9 must belong to one piece',
    ],
    ['a template without text', template([special('s')], { s: { ids: [0] } }), 'must hold the text once, got 0 times'],
    ['a template with the text twice', template([text, text]), 'must hold the text once, got 2 times'],
    ['a template with an unknown token', template([special('s'), text]), '"s" is not among special_tokens'],
    ['a template id out of range', template([special('s'), text], { s: { ids: [520] } }), 'must be below 520, got 520'],
  ])('refuses %s', (_, json, message) => {
    expect(() => bpeFromTokenizerJson(json)).toThrow(FormatError);
    expect(() => bpeFromTokenizerJson(json)).toThrow(message);
  });

  it('anything in the place of any part gives a tokenizer or a typed error', () => {
    fc.assert(
      fc.property(changedAnywhere(ownJson()), (json) => {
        try {
          const tokenizer = bpeFromTokenizerJson(json);
          tokenizer.decode(tokenizer.encode('a <|endoftext|> b').ids);
        } catch (error) {
          expect(error).toBeInstanceOf(BatonError);
        }
      }),
      runs(200),
    );
  });
});

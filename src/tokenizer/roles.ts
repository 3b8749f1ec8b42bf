import { type AddedToken, readAddedToken } from './added-tokens.ts';
import { asArray, asBoolean, asId, asObject, asString, type JsonObject } from './json.ts';

/**
 * What tokenizer_config.json, special_tokens_map.json and added_tokens.json say beside the vocabulary.
 * A missing field: the files are silent; null: they say that there is none.
 */
export interface TokenizerRoles {
  readonly bos?: string | null;
  readonly eos?: string | null;
  readonly unk?: string | null;
  readonly pad?: string | null;
  /** Further literals that are special: `additional_special_tokens`, `extra_special_tokens`. */
  readonly moreSpecial: readonly string[];
  /** `added_tokens_decoder` and added_tokens.json, by id. */
  readonly addedTokens: readonly AddedToken[];
  readonly addBos?: boolean;
  readonly addEos?: boolean;
  readonly addPrefixSpace?: boolean;
  /** T5's sentinels `<extra_id_n>`. */
  readonly extraIds?: number;
}

/** The parsed files, each where there is one. */
export interface RoleFiles {
  readonly tokenizer_config?: unknown;
  readonly special_tokens_map?: unknown;
  readonly added_tokens?: unknown;
}

/**
 * Reads roles; tokenizer_config.json wins over special_tokens_map.json, as in transformers.
 * `clean_up_tokenization_spaces` is not followed: `decode` never takes spaces away.
 *
 * Errors    FormatError a field of the wrong type, with its place
 */
export function readRoles(files: RoleFiles): TokenizerRoles {
  const config = asObject(files.tokenizer_config ?? {}, 'tokenizer_config.json');
  const map = asObject(files.special_tokens_map ?? {}, 'special_tokens_map.json');
  const role = (name: string) =>
    config[name] === undefined
      ? literal(map[name], `special_tokens_map.json at ${name}`)
      : literal(config[name], `tokenizer_config.json at ${name}`);
  const flag = (name: string) =>
    isSilent(config[name]) ? undefined : asBoolean(config[name], `tokenizer_config.json at ${name}`);
  return {
    bos: role('bos_token'),
    eos: role('eos_token'),
    unk: role('unk_token'),
    pad: role('pad_token'),
    moreSpecial: [...literals(config, 'tokenizer_config.json'), ...literals(map, 'special_tokens_map.json')],
    addedTokens: addedTokens(config, asObject(files.added_tokens ?? {}, 'added_tokens.json')),
    addBos: flag('add_bos_token'),
    addEos: flag('add_eos_token'),
    addPrefixSpace: flag('add_prefix_space'),
    extraIds: isSilent(config.extra_ids) ? undefined : asId(config.extra_ids, 'tokenizer_config.json at extra_ids'),
  };
}

function isSilent(value: unknown): boolean {
  return value === undefined || value === null;
}

/** A token is written as a string or as an object with `content`. */
function literal(value: unknown, where: string): string | null | undefined {
  if (value === undefined || value === null) return value;
  return typeof value === 'string'
    ? asString(value, where)
    : asString(asObject(value, where).content, `${where}.content`);
}

/** Lists of literals, or (newer files) an object of named ones. */
function literals(from: JsonObject, file: string): string[] {
  return ['additional_special_tokens', 'extra_special_tokens'].flatMap((name) => {
    const value = from[name];
    if (isSilent(value)) return [];
    const where = `${file} at ${name}`;
    const entries = Array.isArray(value) ? value : Object.values(asObject(value, where));
    return asArray(entries, where).map((entry, i) => literal(entry, `${where}[${i}]`) ?? '');
  });
}

function addedTokens(config: JsonObject, plain: JsonObject): AddedToken[] {
  const place = 'tokenizer_config.json at added_tokens_decoder';
  const byId = new Map<number, AddedToken>();
  for (const [content, id] of Object.entries(plain)) {
    const token = readAddedToken({ content }, id, `added_tokens.json at ${JSON.stringify(content)}`);
    byId.set(token.id, token);
  }
  for (const [key, entry] of Object.entries(asObject(config.added_tokens_decoder ?? {}, place))) {
    const id = /^\d{1,10}$/.test(key) ? Number(key) : key;
    byId.set(Number(id), readAddedToken(entry, id, `${place}.${key}`));
  }
  return [...byId.values()].sort((a, b) => a.id - b.id);
}

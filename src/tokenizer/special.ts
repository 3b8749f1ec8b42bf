import type { AddedToken } from './added-tokens.ts';
import type { TokenizerRoles } from './roles.ts';
import type { Tokenizer } from './tokenizer.ts';
import type { Vocabulary } from './vocabulary.ts';

/** GPT-2's one special token takes every role that the files do not name. */
export const GPT2_ROLES = { bos: '<|endoftext|>', eos: '<|endoftext|>', unk: '<|endoftext|>' } as const;

/** The added tokens of the vocabulary's file and of the config; where both list one, the file's flags count. */
export function joinAdded(listed: readonly AddedToken[], roles: TokenizerRoles | undefined): AddedToken[] {
  const contents = new Set(listed.map(({ content }) => content));
  return [...listed, ...(roles?.addedTokens ?? []).filter(({ content }) => !contents.has(content))];
}

/** What roles make of a vocabulary: every literal with a role is a special token. */
export interface Special {
  readonly added: readonly AddedToken[];
  readonly special: Tokenizer['special'];
}

/**
 * Finds the ids of the roles. Roles on which the files are silent take `fallback` where the vocabulary has it.
 *
 * Errors    FormatError a role's literal that has no id
 */
export function assignRoles(
  added: readonly AddedToken[],
  roles: TokenizerRoles | undefined,
  vocabulary: Pick<Vocabulary, 'ids' | 'idOf'>,
  fallback: Pick<TokenizerRoles, 'bos' | 'eos' | 'unk' | 'pad'>,
): Special {
  const byContent = new Map(added.map((token) => [token.content, token]));
  const makeSpecial = (content: string, where: string): number => {
    const id = vocabulary.idOf(content, where);
    const plain = { id, content, lstrip: false, rstrip: false, singleWord: false, normalized: false };
    byContent.set(content, { ...(byContent.get(content) ?? plain), special: true });
    return id;
  };
  const role = (name: 'bos' | 'eos' | 'unk' | 'pad'): number | undefined => {
    const said = roles?.[name];
    if (said !== undefined)
      return said === null ? undefined : makeSpecial(said, `${name}_token of the tokenizer's config`);
    const usual = fallback[name];
    return usual && vocabulary.ids.has(usual) ? makeSpecial(usual, name) : undefined;
  };
  const ids = { bos: role('bos'), eos: role('eos'), unk: role('unk'), pad: role('pad') };
  for (const content of roles?.moreSpecial ?? []) makeSpecial(content, "special tokens of the tokenizer's config");
  const tokens = [...byContent.values()];
  const all = new Set(tokens.filter(({ special }) => special).map(({ id }) => id));
  return { added: tokens, special: { ...ids, all } };
}

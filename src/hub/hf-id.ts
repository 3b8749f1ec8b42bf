/** Models by their Hugging Face id: what an id is, and where its files lie. */
import { LoadError, show } from '../errors.ts';
import type { ModelFiles } from './files.ts';
import { httpPlace } from './http.ts';
import type { HttpOptions } from './http-request.ts';
import { modelFiles, type Place } from './place.ts';

export interface HubOptions {
  /** A branch, a tag or a commit. @default 'main' */
  readonly revision?: string;
  /** For private and gated repositories. @default the environment's HF_TOKEN */
  readonly token?: string;
  readonly fetch?: typeof fetch;
  readonly signal?: AbortSignal;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables of the process; a page has none. */
export function environment(): Environment {
  const { process } = globalThis as { process?: { readonly env?: Environment } };
  return process?.env ?? {};
}

/** `name` or `org/name`, by the Hub's own rule. */
export function isHubId(text: string): boolean {
  const part = /^(?![.-])[\w.-]{1,96}(?<![.-])$/;
  const parts = text.split('/');
  const clean = !text.includes('--') && !text.includes('..') && !text.endsWith('.git');
  return clean && parts.length <= 2 && text.length <= 193 && parts.every((name) => part.test(name));
}

/** `{HF_ENDPOINT}/{id}/resolve/{revision}/`; a revision may hold a slash (`refs/pr/1`), which is escaped. */
export function hubAddress(id: string, revision: string, env: Environment): URL {
  const endpoint = (env.HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, '');
  if (URL.canParse(endpoint)) return new URL(`${endpoint}/${id}/resolve/${encodeURIComponent(revision)}/`);
  throw new LoadError(`HF_ENDPOINT must be an address, got ${show(endpoint)}`, { op: 'load', got: endpoint });
}

export function hubRequests({ token, fetch, signal }: HubOptions, env: Environment): HttpOptions {
  const secret = token ?? env.HF_TOKEN;
  return {
    fetch,
    signal,
    headers: secret ? { Authorization: `Bearer ${secret}` } : {},
    deniedHint: 'the repository is private, gated or misspelled; set HF_TOKEN or pass "token" to be let in',
  };
}

/** The repository itself, read by HTTP and kept nowhere. */
export function openHubId(id: string, options: HubOptions = {}, env = environment()): ModelFiles {
  return modelFiles(hubPlace(id, options, env), options.signal);
}

export function hubPlace(id: string, options: HubOptions, env: Environment): Place {
  const { revision = 'main' } = options;
  const address = hubAddress(id, revision, env);
  const where = (path: string) => (path === '' ? id : `${id}/${path}`) + (revision === 'main' ? '' : ` at ${revision}`);
  return { ...httpPlace(address, hubRequests(options, env)), confined: true, where };
}

/** A Hub repository through the shared cache: every file is downloaded once, for all programs on this machine. */
import { readdir } from 'node:fs/promises';
import { nearestNames } from '../errors.ts';
import { openPath } from '../safetensors/path.node.ts';
import type { Arrived, FileStat, ModelFiles } from './files.ts';
import { statFile } from './folder.node.ts';
import { askHub, type HubFile, isOutage } from './hf-ask.node.ts';
import { download } from './hf-download.node.ts';
import { type Environment, environment, type HubOptions, hubAddress, hubPlace, hubRequests } from './hf-id.ts';
import { cacheFolder, HubLayout } from './hf-layout.node.ts';
import { addressOf } from './http.ts';
import { modelFiles, type Place, readSource } from './place.ts';

export interface HubCacheOptions extends HubOptions {
  /** @default HF_HUB_CACHE, HF_HOME/hub, XDG_CACHE_HOME/huggingface/hub or ~/.cache/huggingface/hub */
  readonly cache_dir?: string;
  /** Ask nobody, take what the cache holds. @default whether HF_HUB_OFFLINE is set */
  readonly local_files_only?: boolean;
}

/**
 * All files come from the commit that the first answer names, even if the branch moves meanwhile. Without a server the
 * cached commit is taken; where nothing can be kept, files are read by HTTP. `notes` says so.
 */
export function openHubCache(id: string, options: HubCacheOptions = {}, env = environment()): ModelFiles {
  return modelFiles(new HubCache(id, options, env), options.signal);
}

/** Where a load stands: the commit of all its files, and whether there is somebody to ask for more of them. */
interface Pin {
  readonly commit?: string;
  readonly online: boolean;
}

class HubCache implements Place {
  readonly confined = true;
  readonly notes: string[] = [];
  readonly #id: string;
  readonly #options: HubCacheOptions;
  readonly #env: Environment;
  readonly #layout: HubLayout;
  readonly #revision: string;
  readonly #offline: boolean;
  readonly #told = new Map<string, HubFile>();
  #pinned: Promise<Pin> | undefined;
  #writable = true;

  constructor(id: string, options: HubCacheOptions, env: Environment) {
    this.#id = id;
    this.#options = options;
    this.#env = env;
    this.#layout = new HubLayout(options.cache_dir ?? cacheFolder(env), id);
    this.#revision = options.revision ?? 'main';
    this.#offline = options.local_files_only ?? /^(1|on|yes|true)$/i.test(env.HF_HUB_OFFLINE ?? '');
  }

  where(path: string): string {
    return this.#remote(this.#revision).where(path);
  }

  async stat(path: string): Promise<FileStat | undefined> {
    const { commit, online } = await this.#pin(path);
    const cached = commit === undefined ? undefined : await statFile(this.#layout.snapshot(commit, path));
    if (cached !== undefined || !online) return cached;
    const { there, size } = await this.#ask(path, commit);
    return there ? { size } : undefined;
  }

  async read(path: string, arrived?: Arrived): Promise<Uint8Array> {
    const { commit = this.#revision } = await this.#pin(path);
    const name = await this.#bring(path, arrived);
    return name === undefined ? this.#remote(commit).read(path, arrived) : readSource(await openPath(name));
  }

  async open(path: string, arrived?: Arrived) {
    const { commit = this.#revision } = await this.#pin(path);
    const name = await this.#bring(path, arrived);
    return name === undefined ? this.#remote(commit).open(path) : openPath(name);
  }

  async missing(path: string) {
    const { commit, online } = await this.#pin(path);
    if (online) return {};
    const names = commit === undefined ? [] : await readdir(this.#layout.snapshot(commit)).catch(() => []);
    const looked = this.#layout.snapshot(commit ?? this.#revision);
    const hint = `only the cache was asked (${looked}); without local_files_only and HF_HUB_OFFLINE it is downloaded`;
    return { nearest: nearestNames(path, names), hint: this.#offline ? hint : this.notes.join('; ') };
  }

  /** The path of the local file, downloaded if need be; `undefined` where it can't be kept. */
  async #bring(path: string, arrived?: Arrived): Promise<string | undefined> {
    const { commit } = await this.#pin(path);
    const name = commit && this.#layout.snapshot(commit, path);
    if (name && (await statFile(name)) !== undefined) return name;
    const { etag, size, sha256 } = await this.#ask(path, commit);
    if (!name || etag === undefined || size === undefined) {
      this.#readOnly('the server does not tell commit, ETag and size');
      return undefined;
    }
    await this.#keep(async () => {
      const blob = this.#layout.blob(etag);
      const address = addressOf(hubAddress(this.#id, commit, this.#env), path);
      const requests = hubRequests(this.#options, this.#env);
      if ((await statFile(blob)) === undefined) await download(address, blob, { size, sha256 }, requests, arrived);
      await this.#layout.show(commit, path, etag);
    });
    return this.#writable ? name : undefined;
  }

  /** The first question settles the commit for all. */
  #pin(path: string): Promise<Pin> {
    this.#pinned ??= this.#settle(path).then(
      (pin) => {
        if (pin.online && pin.commit === undefined) this.#pinned = undefined; // the next file may tell more
        return pin;
      },
      (error) => {
        this.#pinned = undefined;
        throw error;
      },
    );
    return this.#pinned;
  }

  async #settle(path: string): Promise<Pin> {
    const revision = this.#revision;
    const exact = /^[0-9a-f]{40}$/.test(revision);
    const cached = exact ? revision : await this.#layout.readRef(revision);
    if (exact || this.#offline) return { commit: cached, online: !this.#offline };
    try {
      const { commit } = await this.#ask(path);
      if (commit !== undefined) await this.#keep(() => this.#layout.writeRef(revision, commit));
      return { commit, online: true };
    } catch (error) {
      if (cached === undefined || !isOutage(error)) throw error;
      this.notes.push(`the Hub can't be reached (${error.summary}): using what the cache holds of commit ${cached}`);
      return { commit: cached, online: false };
    }
  }

  async #ask(path: string, commit = this.#revision): Promise<HubFile> {
    const address = addressOf(hubAddress(this.#id, commit, this.#env), path);
    const told = this.#told.get(path) ?? (await askHub(address, hubRequests(this.#options, this.#env)));
    this.#told.set(path, told);
    return told;
  }

  /** Work on the cache; where the file system refuses it, this load goes on without. */
  async #keep(work: () => Promise<void>): Promise<void> {
    try {
      if (this.#writable) await work();
    } catch (error) {
      if (!(error instanceof Error && 'syscall' in error)) throw error;
      this.#readOnly(error.message);
    }
  }

  #readOnly(reason: string): void {
    if (this.#writable) this.notes.push(`files are read by HTTP and not kept in the cache: ${reason}`);
    this.#writable = false;
  }

  #remote(revision: string): Place {
    return hubPlace(this.#id, { ...this.#options, revision }, this.#env);
  }
}

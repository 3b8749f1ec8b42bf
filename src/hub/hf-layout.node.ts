/** The folder that all Hugging Face libraries share: `models--org--name/{blobs,refs,snapshots}`. */
import { copyFile, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Environment } from './hf-id.ts';
import { checkFile } from './paths.ts';

/** HF_HUB_CACHE > HF_HOME/hub > XDG_CACHE_HOME/huggingface/hub > ~/.cache/huggingface/hub. */
export function cacheFolder(env: Environment): string {
  const atHome = (path: string) => path.replace(/^~(?=$|[/\\])/, homedir());
  if (env.HF_HUB_CACHE) return atHome(env.HF_HUB_CACHE);
  if (env.HF_HOME) return join(atHome(env.HF_HOME), 'hub');
  return join(atHome(env.XDG_CACHE_HOME || '~/.cache'), 'huggingface', 'hub');
}

export class HubLayout {
  readonly #root: string;

  constructor(cache: string, id: string) {
    this.#root = join(cache, `models--${id.replaceAll('/', '--')}`);
  }

  snapshot(commit: string, path = ''): string {
    return join(this.#root, 'snapshots', commit, path);
  }

  blob(etag: string): string {
    return join(this.#root, 'blobs', etag);
  }

  /** The commit a branch or tag stood at when it was last asked for. */
  async readRef(revision: string): Promise<string | undefined> {
    try {
      return checkFile((await readFile(this.#ref(revision), 'utf8')).trim());
    } catch {
      return undefined;
    }
  }

  async writeRef(revision: string, commit: string): Promise<void> {
    if (revision !== commit && (await this.readRef(revision)) !== commit) {
      await replace(this.#ref(revision), (path) => writeFile(path, commit));
    }
  }

  /** Shows a blob under its name: by a link or, where the system gives none, by a copy. */
  async show(commit: string, path: string, etag: string): Promise<void> {
    const blob = this.blob(etag);
    const name = this.snapshot(commit, path);
    await replace(name, (link) => symlink(relative(dirname(name), blob), link).catch(() => copyFile(blob, link)));
  }

  #ref(revision: string): string {
    return join(this.#root, 'refs', checkFile(revision));
  }
}

/** Makes a file beside its place and moves it there, so that nobody ever sees half of it. */
async function replace(path: string, make: (path: string) => Promise<void>): Promise<void> {
  const draft = `${path}.${crypto.randomUUID()}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await make(draft);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

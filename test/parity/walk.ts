/** Finds goldens: every folder below a root that holds a `golden.json`, whatever it is called. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readGolden } from '../generate/goldens.ts';

/** What is known of a tensor of `golden.safetensors`. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly abs_max: number;
  /** Largest difference of the same computation in float32; inputs have none. */
  readonly f32_max_abs_diff?: number;
}

/** The fields that goldens of all kinds share. */
export interface Golden {
  /** Left out by goldens of the repository's own. */
  readonly kind?: string;
  readonly tensors?: Readonly<Record<string, GoldenTensor>>;
  /** Spread of the logits. */
  readonly logits_std?: number;
}

export interface GoldenFolder {
  /** `gpt2/basic`, relative to the root. */
  readonly name: string;
  readonly path: string;
  readonly golden: Golden;
}

/** The goldens asked for, else those beside the repository, else the selection inside it. */
export function goldenRoot(): string {
  const asked = process.env.BATON_GOLDENS;
  const places = asked === undefined ? ['../shared/goldens', 'test/goldens'] : [asked];
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`no goldens in ${places.join(', ')}`);
  return found;
}

/** Every folder below the root that should hold a golden, itself or in each of its folders; and those that do not. */
export function goldenFolders(root: string): { readonly folders: GoldenFolder[]; readonly empty: string[] } {
  const names = foldersIn(root).flatMap((family) => {
    const inside = has(root, family) ? [] : foldersIn(join(root, family));
    return inside.length === 0 ? [family] : inside.map((name) => join(family, name));
  });
  const folders = names.filter((name) => has(root, name));
  return {
    folders: folders.map((name) => ({ name, path: join(root, name), golden: readGolden<Golden>(join(root, name)) })),
    empty: names.filter((name) => !has(root, name)),
  };
}

function has(root: string, folder: string): boolean {
  return existsSync(join(root, folder, 'golden.json'));
}

function foldersIn(path: string): string[] {
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

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

/** The goldens asked for, those beside the repository, or the selection inside it. */
export function goldenRoot(): string {
  const places = [process.env.BATON_GOLDENS, '../shared/goldens', 'test/goldens'];
  const found = places.find((place) => place !== undefined && existsSync(place));
  if (found === undefined) throw new Error('no goldens: test/goldens is part of the repository');
  return found;
}

/** Every golden below the root: in a folder of it, or in the folders of that. A folder without any is an error. */
export function goldenFolders(root: string): GoldenFolder[] {
  return foldersIn(root).flatMap((family) => {
    if (existsSync(join(root, family, 'golden.json'))) return [open(root, family)];
    const cases = foldersIn(join(root, family));
    if (cases.length === 0) throw new Error(`${join(root, family)} holds no golden.json and no folder with one`);
    return cases.map((name) => open(root, join(family, name)));
  });
}

function open(root: string, name: string): GoldenFolder {
  const path = join(root, name);
  if (!existsSync(join(path, 'golden.json'))) throw new Error(`${path} has no golden.json`);
  return { name, path, golden: readGolden<Golden>(path) };
}

function foldersIn(path: string): string[] {
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vitest/config';
import { binariesText } from '../../scripts/build-wasm.mjs';

/** One fault on one line: `find` stands exactly once in `file`, and the test with `name` in its title must notice. */
export interface PlantedBug {
  readonly id: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly test: string;
  readonly name: string;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const assembly = 'src/kernels/wasm/assembly/';

export function plantedBugs(): PlantedBug[] {
  const folder = `${root}test/bugs/catalogue/`;
  return readdirSync(folder)
    .sort()
    .flatMap((file): PlantedBug[] => JSON.parse(readFileSync(folder + file, 'utf8')));
}

/**
 * `BATON_BUG=ID vitest run …` plants that bug while its file is being transformed, or where it is one of the kernels',
 * compiled; nothing on disk changes.
 */
export function plantBug(id = process.env.BATON_BUG): Plugin {
  const bug = plantedBugs().find((candidate) => candidate.id === id);
  if (id && bug === undefined) throw new Error(`BATON_BUG: no planted bug is called "${id}"`);
  return {
    name: 'planted-bug',
    enforce: 'pre',
    async load(path) {
      if (!bug?.file.startsWith(assembly) || path !== `${root}src/kernels/wasm/binaries.ts`) return undefined;
      return binariesText((text, source) => (source === root + bug.file ? plant(text, bug) : text));
    },
    transform(code, path) {
      if (bug === undefined || path.split('?')[0] !== root + bug.file) return undefined;
      return { code: plant(code, bug), map: null };
    },
  };
}

export function plant(code: string, { id, file, find, replace }: PlantedBug): string {
  const times = code.split(find).length - 1;
  if (times !== 1)
    throw new Error(`planted bug "${id}": ${JSON.stringify(find)} stands ${times} times in ${file}, not once`);
  return code.replace(find, () => replace);
}

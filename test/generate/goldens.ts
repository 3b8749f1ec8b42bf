/** Where goldens are: a folder of choice, the shared ones, or those that came with the repository. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSafetensors } from '../../src/safetensors/index.node.ts';

const places = [process.env.BATON_GOLDENS, '../shared/goldens', 'test/goldens'];

/** The folder of that name, or undefined where none of the places has it. */
export function goldenFolder(name: string): string | undefined {
  return places
    .filter((place) => place !== undefined)
    .map((place) => join(place, name))
    .find(existsSync);
}

export function readGolden<T>(folder: string, file = 'golden.json'): T {
  return JSON.parse(readFileSync(join(folder, file), 'utf8'));
}

/** The float32 tensors of golden.safetensors, by name; none where there is no such file. */
export async function goldenTensors(
  folder: string,
  file = 'golden.safetensors',
): Promise<ReadonlyMap<string, Float32Array>> {
  const path = join(folder, file);
  const tensors = new Map<string, Float32Array>();
  if (!existsSync(path)) return tensors;
  const opened = await openSafetensors(path);
  for (const name of opened.tensors.keys()) tensors.set(name, Float32Array.from(await opened.values(name), Number));
  await opened.close();
  return tensors;
}

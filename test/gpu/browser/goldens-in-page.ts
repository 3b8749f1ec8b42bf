/** What test/generate/goldens.ts is in Node: goldens by their address. The config puts this in its place. */
import { openSafetensors } from '../../../src/safetensors/index.ts';

export function readGolden<T>(folder: string, file = 'golden.json'): T {
  const request = new XMLHttpRequest();
  request.open('GET', `${folder}/${file}`, false); // tests are declared before anything can be awaited
  request.send();
  return JSON.parse(request.responseText);
}

/** The float32 tensors of golden.safetensors, by name; none where there is no such file. */
export async function goldenTensors(
  folder: string,
  file = 'golden.safetensors',
): Promise<ReadonlyMap<string, Float32Array>> {
  const tensors = new Map<string, Float32Array>();
  const path = `${folder}/${file}`;
  if (!(await fetch(path, { method: 'HEAD' })).ok) return tensors;
  const opened = await openSafetensors(path);
  for (const name of opened.tensors.keys()) tensors.set(name, Float32Array.from(await opened.values(name), Number));
  await opened.close();
  return tensors;
}

import { existsSync } from 'node:fs';

/** Why WebGPU is not tested in Node: the package is not installed, or finds nothing to compute on. Undefined where it is. */
export const missing = await lookFor();

async function lookFor(): Promise<string | undefined> {
  if (!existsSync(new URL('node_modules/webgpu', import.meta.url))) {
    return 'WebGPU in Node: no webgpu in test/dawn (npm i --prefix test/dawn --no-package-lock)';
  }
  await import('./setup.mjs');
  const adapter = await navigator.gpu.requestAdapter();
  return adapter === null ? 'WebGPU in Node: no adapter (VK_ICD_FILENAMES names no driver)' : undefined;
}

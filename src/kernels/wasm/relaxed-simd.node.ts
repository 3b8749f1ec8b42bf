import { setFlagsFromString } from 'node:v8';

/**
 * Node 20 knows relaxed SIMD behind a flag, which may be set while it runs, before a module is compiled. Call this only
 * where the instructions are refused: later versions do not know the flag.
 */
export function enableRelaxedSimd(): boolean {
  if (!process.versions.node?.startsWith('20.') || process.versions.bun !== undefined) return false;
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  return true;
}

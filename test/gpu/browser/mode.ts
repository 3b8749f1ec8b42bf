import { checkMode, type GpuMode } from '../../../src/gpu.ts';

function modeOf(backend = ''): GpuMode {
  const [, mode] = backend.split(':');
  checkMode(mode);
  return mode;
}

/** What the project of the config is for. */
export const mode = modeOf(process.env.BATON_BACKEND);

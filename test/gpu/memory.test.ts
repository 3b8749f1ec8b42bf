import { it } from 'vitest';
import { memorySuite } from './suites/memory.ts';

memorySuite('webasm', 2000);
memorySuite('cpu', 300);
if (process.env.GPUJS_HEADLESS_GL) memorySuite('headlessgl', 2000);
else it.skip('headlessgl: GPUJS_HEADLESS_GL names no build of gl');

import { it } from 'vitest';
import { trapSuite } from './suites/traps.ts';

trapSuite('webasm');
trapSuite('cpu');
if (process.env.GPUJS_HEADLESS_GL) trapSuite('headlessgl');
else it.skip('headlessgl: GPUJS_HEADLESS_GL names no build of gl');

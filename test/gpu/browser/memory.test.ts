import { memorySuite } from '../suites/memory.ts';
import { mode } from './mode.ts';

memorySuite(mode, 2000);

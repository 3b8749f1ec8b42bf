import { memorySuite } from './suites/memory.ts';

memorySuite('webasm', 2000);
memorySuite('cpu', 300);

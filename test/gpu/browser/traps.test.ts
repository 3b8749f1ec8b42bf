import { trapSuite } from '../suites/traps.ts';
import { mode } from './mode.ts';

trapSuite(mode);

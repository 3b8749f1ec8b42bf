import { trapSuite } from './suites/traps.ts';

trapSuite('webasm');
trapSuite('cpu');

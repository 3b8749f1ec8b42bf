/**
 * The part of `npm run test:goldens` that a fresh clone always has: every model of test/goldens, tensor by tensor, and what
 * it generates.
 */
import { describe } from 'vitest';
import { paritySuite } from '../parity/suite.ts';

describe('models equal Hugging Face on the goldens that came with the repository', () =>
  paritySuite('test/goldens', (kind) => /^(gpt2|t5|t5-encoder|hybrid-.*|gen-.*)$/.test(kind)));

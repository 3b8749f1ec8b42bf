import { describe } from 'vitest';
import { paritySuite } from './suite.ts';
import { goldenRoot } from './walk.ts';

const root = goldenRoot();

describe(`equals Hugging Face on every golden in ${root}`, () => paritySuite(root));

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import { readGolden } from '../generate/goldens.ts';
import { type Expected, enDe } from './en-de.ts';

const root = process.env.BATON_MODELS ?? '../shared/models';
const folder = join(root, 'en-de');
const present = existsSync(join(folder, 'expected.json'));
const nothing: Expected = { items: [], generation: { max_new_tokens: 1, num_beams: 1 } };

describe.skipIf(!present)(`en-de, ${present ? 'trained models' : 'skipped: no such folder'} in ${root}`, () =>
  enDe(folder, present ? readGolden(folder, 'expected.json') : nothing),
);

/** The trained family on the mode of the project: the hybrid, greedily; with BATON_WHOLE every system, with beams too. */
import { describe } from 'vitest';
import { readGolden } from '../../generate/goldens.ts';
import { type Expected, enDe } from '../../parity/en-de.ts';
import { mode } from './mode.ts';

const root = process.env.BATON_MODEL_ROOT ?? '';
const folder = `${location.origin}/@fs${root}/en-de`;
const nothing: Expected = { items: [], generation: { max_new_tokens: 1, num_beams: 1 } };
const whole = (process.env.BATON_WHOLE ?? '') !== '';

describe.skipIf(root === '')(`en-de on ${mode}${root === '' ? ', skipped: needs ../shared/models' : ''}`, () =>
  enDe(
    folder,
    root === '' ? nothing : readGolden(folder, 'expected.json'),
    (system, search) => whole || (system === 'hybrid' && search === 'greedy'),
  ),
);

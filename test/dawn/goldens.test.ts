/** The models on WebGPU in Node: passes through them; with BATON_WHOLE what they generate too, and all of en-de. */
import { describe, expect, it } from 'vitest';
import { goldenRoot } from '../parity/walk.ts';
import { missing } from './installed.ts';

const passes = ['gpt2', 't5', 't5-encoder', 'hybrid-gpt2', 'hybrid-t5'];

if (missing === undefined) {
  process.env.BATON_BACKEND = 'gpu:webgpu'; // before what reads it is imported
  const { placed } = await import('../placed.ts');
  it('runs where it says', () => expect(placed.backend).toMatchObject({ info: { mode: 'webgpu' } }));
  const { paritySuite } = await import('../parity/suite.ts');
  const root = goldenRoot();
  const asked = (kind: string) => passes.includes(kind) || (process.env.BATON_WHOLE && /^gen-/.test(kind));
  describe(`equals Hugging Face in ${root}`, () => paritySuite(root, (kind) => Boolean(asked(kind))));
  if (process.env.BATON_WHOLE) await import('../parity/en-de.test.ts');
} else it.skip(missing);

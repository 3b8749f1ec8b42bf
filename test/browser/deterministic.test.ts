/** Whole models with `deterministic: true` in a page: the bits of Node 20 and 24. */
import { describe, expect, it } from 'vitest';
import { expectedBits, modelBits } from '../models/model-bits.ts';
import { engine } from './engine.ts';

describe('a deterministic model in a page', () => {
  it('computes the bits that Node computes, in f32, bf16, int8 and int4', async () => {
    expect(await modelBits(engine, new URL('/', location.href))).toEqual(expectedBits);
  });
});

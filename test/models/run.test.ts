import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatonError, ShapeError } from '../../src/errors.ts';
import { tensor } from '../../src/kernels/create.ts';
import { scale } from '../../src/kernels/scale.ts';
import { type Observer, observers, runFor, unobserved } from '../../src/models/run.ts';
import { keep } from '../../src/tensor/scope.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { upload } from '../../src/tensor/upload.ts';
import { runs } from '../seed.ts';
import { expectSameBits } from './bits.ts';
import { gpt2Config, hybridConfig, idRows, inVocabulary, t5Config, V, weightSeed } from './configs.ts';
import { tinyGpt2, tinyHybrid, tinyT5 } from './tiny.ts';

/** Looks at everything and changes nothing. */
const watcher: Observer = { tap: () => undefined };
/** Puts a copy in place of every value. */
const copier: Observer = { tap: (_name, value) => upload(value.backend, value.peek().slice(), value) };

/** Logits of any of the three models, under an observer or none. */
type Pass = (observer?: Observer) => Promise<{ logits: Tensor }>;

const anyPass: fc.Arbitrary<() => Promise<Pass>> = fc
  .tuple(fc.constantFrom('gpt2', 't5', 'hybrid'), gpt2Config, t5Config, hybridConfig, weightSeed, idRows(2, 5))
  .map(([kind, gpt2, t5, hybrid, seed, rows]) => async () => {
    if (kind === 'gpt2') {
      const model = await tinyGpt2(gpt2, { seed });
      return (observer) => model.forward({ input_ids: inVocabulary(rows, gpt2.vocab_size), observer });
    }
    if (kind === 't5') {
      const model = await tinyT5(t5, { seed });
      const input_ids = inVocabulary(rows, t5.vocab_size);
      return (observer) => model.forward({ input_ids, decoder_input_ids: input_ids, observer });
    }
    const model = await tinyHybrid(hybrid, { seed });
    const input_ids = inVocabulary(rows, V);
    return (observer) => model.forward({ input_ids, labels: input_ids, observer });
  });

describe('an observed run', () => {
  it('gives the bits of one that nobody watches', () =>
    fc.assert(
      fc.asyncProperty(anyPass, async (make) => {
        const pass = await make();
        await expectSameBits((await pass(watcher)).logits, (await pass()).logits);
      }),
      runs(60),
    ));

  it('gives them, too, when every value is replaced by a copy of itself', () =>
    fc.assert(
      fc.asyncProperty(anyPass, async (make) => {
        const pass = await make();
        await expectSameBits((await pass(copier)).logits, (await pass()).logits);
      }),
      runs(60),
    ));

  it('goes on with what an observer puts in place of a value', async () => {
    const twice: Observer = { tap: (name, value) => (name === 'decoder.logits' ? scale(value, 2) : undefined) };
    const [json] = fc.sample(gpt2Config, { numRuns: 1, seed: 1 });
    const model = await tinyGpt2(json);
    const want = scale((await model.forward({ input_ids: [[1, 2]] })).logits, 2);
    await expectSameBits((await model.forward({ input_ids: [[1, 2]], observer: twice })).logits, want);
  });

  it('offers each observer of several what the one before it made', () => {
    const [one, two] = [tensor([1]), tensor([2])];
    const seen: (Tensor | undefined)[] = [];
    const first: Observer = { tap: () => two };
    const second: Observer = { tap: (_name, value) => void seen.push(value) };
    const run = runFor(observers(first, undefined, second));
    expect(run.in('a').tap('b', one)).toBe(two);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toBe(two); // the tensor itself: equal ones look alike
  });

  it('makes a derived value only for an observer that wants it', () => {
    const names: string[] = [];
    const picky: Observer = { tap: (name) => void names.push(name), wants: (name) => name === 'a.x' };
    const make = () => keep(tensor([1]));
    const never = (): Tensor => expect.fail('made for nobody');
    runFor(picky).in('a').derive('x', make);
    runFor(picky).in('a').derive('y', never);
    unobserved.derive('x', never);
    runFor(observers(picky, watcher)).derive('z', make); // the second wants everything
    expect(names).toEqual(['a.x', 'z']);
  });

  it('refuses a replacement of another shape or dtype, and says which', () => {
    const value = tensor([[1, 2]]);
    const by = (replacement: Tensor) => () =>
      runFor({ tap: () => replacement })
        .in('blocks.3')
        .tap('resid_pre', value);
    expect(by(tensor([1, 2]))).toThrow(
      new ShapeError('tap "blocks.3.resid_pre" is F32 [1, 2] and cannot be replaced by F32 [2]', {
        op: 'tap',
        expected: [1, 2],
        got: [2],
      }),
    );
    const other = tensor([[1, 2]], { dtype: 'I32' });
    expect(by(other)).toThrow(/is F32 \[1, 2\] and cannot be replaced by I32 \[1, 2\]/);
  });
});

describe('run.within', () => {
  it('says in which part of a model an error happened', () => {
    const fail = () => {
      throw new ShapeError('sizes differ');
    };
    for (const run of [unobserved, runFor(watcher)]) {
      const deep = () => run.within('decoder', (outer) => outer.within('blocks.3', fail));
      expect(deep).toThrow('sizes differ\n  in decoder.blocks.3');
      expect(deep).toThrow(expect.objectContaining({ path: 'decoder.blocks.3' }));
    }
  });

  it('leaves errors alone that are none of ours', () => {
    const fault = new TypeError('x');
    const fail = () => {
      throw fault;
    };
    expect(() => unobserved.within('decoder', fail)).toThrow(fault);
    expect(fault).not.toBeInstanceOf(BatonError);
  });
});

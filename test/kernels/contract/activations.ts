import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Activation, activationNamed } from '../../../src/kernels/activations.ts';
import { add } from '../../../src/kernels/add.ts';
import { gelu } from '../../../src/kernels/gelu.ts';
import { mul } from '../../../src/kernels/mul.ts';
import { scale } from '../../../src/kernels/scale.ts';
import { adversarial, normal, real, sizes, smallInt, tensor } from '../../arbitraries.ts';
import { expectClose } from '../../close.ts';
import { runs } from '../../seed.ts';
import type { Lab, Without } from './lab.ts';

const values = fc.array(real, { minLength: 1, maxLength: 40 });

/** Values computed in 40 digits: [name, x, y]. */
const known: [name: string, x: number, y: number][] = [
  ['gelu', 1, 0.8413447460685429],
  ['gelu', -3, -0.0040496940948902835],
  ['gelu_new', 1, 0.8411919906082767],
  ['gelu_new', -3, -0.003637392081773019],
  ['quick_gelu', 1, 0.8457957659328212],
  ['gelu_10', 20, 10],
  ['silu', 1, 0.7310585786300049],
  ['silu', -2, -0.23840584404423512],
  ['sigmoid', -1, 0.2689414213699951],
  ['tanh', 0.5, 0.46211715726000974],
  ['mish', 1, 0.8650983882673103],
  // biome-ignore lint/suspicious/noApproximativeNumericConstant: the function's own constant
  ['laplace', 0.707107, 0.5],
  ['laplace', 1, 0.8504296492845703],
  ['relu', -2, 0],
  ['relu', 3, 3],
  ['relu2', 3, 9],
  ['relu2', -3, 0],
  ['relu6', 7, 6],
  ['relu6', 5, 5],
  ['leaky_relu', -200, -2],
  ['leaky_relu', 4, 4],
  ['linear', -5, -5],
];

export function activationContract(lab: () => Lab, { subnormals }: Without): void {
  const apply = (f: Activation, xs: ArrayLike<number>) => lab().run(() => f(lab().floats([xs.length], xs)));
  /** A handful of float32 roundings, for backends that round after every operation; exp carries its argument's error. */
  const bound = (want: ArrayLike<number>, magnitude = (i: number) => Math.abs(want[i])) =>
    lab().bound(want, 40, magnitude);

  describe('activations', () => {
    it.each(known)('%s(%d) = %d', async (name, x, y) => {
      expectClose(await apply(activationNamed(name), [x]), [y], bound([y]));
    });

    it.each(['gelu', 'gelu_new', 'silu', 'quick_gelu'])('%s(x) − %s(−x) = x', async (name) => {
      await fc.assert(
        fc.asyncProperty(values, async (xs) => {
          const [y, mirrored] = [
            await apply(activationNamed(name), xs),
            await apply(
              activationNamed(name),
              xs.map((x) => -x),
            ),
          ];
          const size = (i: number) => Math.abs(y[i]) + Math.abs(mirrored[i]);
          expectClose(
            y.map((v, i) => v - mirrored[i]),
            xs,
            (i) => (lab().arithmetic === 'float64' ? 2 : 40) * 2 ** -24 * size(i) + 2 ** -149,
          );
        }),
        runs(100),
      );
    });

    it('the two forms of gelu are two functions: 1.5e-4 apart at x = 1', async () => {
      const erf = await lab().run(() => gelu(lab().floats([1], [1]), { form: 'erf' }));
      const tanh = await lab().run(() => gelu(lab().floats([1], [1]), { form: 'tanh' }));
      expectClose([erf[0] - tanh[0]], [1.5275546e-4], 1e-6);
    });

    it('gelu keeps its digits far below zero, where 1 + erf would cancel', async () => {
      expectClose(await apply(activationNamed('gelu'), [-8]), [-4.976768459417427e-15], 2e-6 * 5e-15);
    });

    it('relu is idempotent, relu2 its square, relu6 its minimum with 6: exactly', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(adversarial, { minLength: 1 }), async (xs) => {
          const y = await apply(activationNamed('relu'), xs);
          expect(await apply(activationNamed('relu'), y)).toEqual(y);
          expect(await apply(activationNamed('relu2'), xs)).toEqual(y.map((v) => v * v));
          expect(await apply(activationNamed('relu6'), xs)).toEqual(y.map((v) => Math.min(6, v)));
        }),
        runs(100),
      );
    });

    it.each(['gelu', 'gelu_new', 'silu', 'mish', 'quick_gelu'])(
      '%s goes to 0 far below zero and to x far above',
      async (name) => {
        expectClose(await apply(activationNamed(name), [-1000, 1000]), [0, 1000], 0);
      },
    );

    it('each element is mapped by itself: any piece of a tensor gives the same piece of the result', async () => {
      await fc.assert(
        fc.asyncProperty(
          values,
          fc.nat(),
          fc.constantFrom('gelu', 'gelu_new', 'silu', 'tanh'),
          async (xs, seed, name) => {
            const begin = seed % xs.length;
            const whole = await apply(activationNamed(name), xs);
            expect(await apply(activationNamed(name), xs.slice(begin))).toEqual(whole.slice(begin));
          },
        ),
        runs(60),
      );
    });
  });

  describe('add, mul and scale', () => {
    const number = subnormals === undefined ? adversarial : normal;
    const pair = sizes(3).chain(([a, b, c]) =>
      fc.tuple(tensor([a, 1, c], number), fc.oneof(tensor([b, 1], number), tensor([a, b, c], number))),
    );

    it.each([
      ['add', add, (x: number, y: number) => x + y],
      ['mul', mul, (x: number, y: number) => x * y],
    ] as const)('%s rounds once, and broadcasts by the rule', async (_name, op, f) => {
      await fc.assert(
        fc.asyncProperty(pair, async ([a, b]) => {
          const [A, , C] = a.shape;
          const B = b.shape.at(-2) ?? 1;
          const want: number[] = [];
          for (let i = 0; i < A; i++) {
            for (let j = 0; j < B; j++) {
              for (let k = 0; k < C; k++) {
                want.push(Math.fround(f(a.data[i * C + k], b.data[b.shape.length === 2 ? j : (i * B + j) * C + k])));
              }
            }
          }
          expect(await lab().run(() => op(lab().of(a), lab().of(b)))).toEqual(Float32Array.from(want));
        }),
        runs(60),
      );
    });

    it('scaling by 2 is adding to itself', async () => {
      await fc.assert(
        fc.asyncProperty(tensor([7], smallInt), async (x) => {
          const twice = await lab().run(() => scale(lab().of(x), 2));
          expect(twice).toEqual(await lab().run(() => scale(add(lab().of(x), lab().of(x)), 1)));
        }),
        runs(30),
      );
    });
  });
}

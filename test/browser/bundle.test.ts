/** dist/batonlm.min.js in a real browser: nothing of Node, and the numbers of Hugging Face. */
import { describe, expect, it } from 'vitest';
import { engine } from './engine.ts';

const { ShapeError, softmax, tensor } = engine;

describe('the bundle in a page', () => {
  it('softmax of logarithms is plain fractions', () => {
    const y = softmax(tensor([Math.log(3), Math.log(1), Math.log(4)]));
    expect(y.toArray()).toEqual([3 / 8, 1 / 8, 4 / 8]);
  });

  it('errors keep their names though the file is minified', () => {
    expect(() => softmax(tensor([], { shape: [0] }))).toThrow(ShapeError);
    expect(() => softmax(tensor([], { shape: [0] }))).toThrow(
      expect.objectContaining({ name: 'ShapeError', code: 'SHAPE' }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { newTokenLimit } from '../../src/generate/limits.ts';
import { resolveOptions } from '../../src/generate/options.ts';

const prompt = { ids: [[7, 8, 9]] };
const limit = (options: Record<string, unknown>, room = 100, embedded = 0): number =>
  newTokenLimit(resolveOptions(options), { ...prompt, embedded }, room);

describe('newTokenLimit', () => {
  it('is 20 where nobody says anything, or what is left of the positions', () => {
    expect([limit({}), limit({}, Number.POSITIVE_INFINITY), limit({}, 5)]).toEqual([20, 20, 5]);
  });

  it('counts the prompt, also its embedded columns, in max_length and not in max_new_tokens', () => {
    expect([
      limit({ max_length: 10 }),
      limit({ max_length: 10 }, 100, 4),
      limit({ max_new_tokens: 10 }, 100, 4),
    ]).toEqual([7, 3, 10]);
  });

  it('lets the last token stand behind the last position: it is never read', () => {
    expect(limit({ max_new_tokens: 6 }, 5)).toBe(6);
    expect(() => limit({ max_new_tokens: 7 }, 5)).toThrow(
      '"max_new_tokens" asks for 7 new tokens behind 3 columns of prompt; the model\'s positions hold 6 more',
    );
    expect(() => limit({ max_length: 10 }, 5)).toThrow('"max_length" asks for 7 new tokens');
  });

  it('rejects what leaves no token', () => {
    expect(() => limit({ max_length: 3 })).toThrow('"max_length" (3) must be more than the 3 columns of the prompt');
    expect(() => limit({}, 0)).toThrow('the prompt fills all positions of the model');
  });

  it('rejects a least above the most, also where they come from different rules', () => {
    expect(() => limit({ min_length: 9, max_new_tokens: 5 })).toThrow(
      '"min_length" (9) asks for at least 6 new tokens, and at most 5',
    );
    expect(() => limit({ min_new_tokens: 21 })).toThrow(
      '"min_new_tokens" (21) asks for at least 21 new tokens, and at most 20',
    );
    expect(limit({ min_length: 8, max_new_tokens: 5 })).toBe(5);
  });
});

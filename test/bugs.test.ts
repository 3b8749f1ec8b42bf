import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { plant, plantBug, plantedBugs } from './bugs/plugin.ts';

const bug = { id: 'b', file: 'src/x.ts', find: 'a + b', replace: 'a - b', test: 'test/x.test.ts', name: 'adds' };

describe('planted bugs', () => {
  it('each changes exactly one place of an existing file, and names an existing test file', () => {
    for (const planted of plantedBugs()) {
      const code = readFileSync(planted.file, 'utf8');
      expect(plant(code, planted), planted.id).not.toBe(code);
      expect(existsSync(planted.test), planted.test).toBe(true);
      expect(planted.name, planted.id).not.toBe('');
    }
  });

  it('have names of their own', () => {
    const ids = plantedBugs().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('plant refuses a place that is not there, or there twice', () => {
    expect(plant('return a + b;', bug)).toBe('return a - b;');
    expect(() => plant('return a * b;', bug)).toThrow('planted bug "b": "a + b" stands 0 times in src/x.ts, not once');
    expect(() => plant('a + b + a + b', bug)).toThrow('stands 2 times');
  });

  it('an unknown name is an error, not a run without a bug', () => {
    expect(() => plantBug('no-such-bug')).toThrow('BATON_BUG: no planted bug is called "no-such-bug"');
  });
});

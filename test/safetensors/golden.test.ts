import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkGoldenCase, goldenCases, stricter } from './golden-case.ts';

/** The goldens asked for, those beside the repository, or the copy inside it. */
const places = [process.env.BATON_GOLDENS, '../shared/goldens', 'test/goldens'];
const folder = places
  .flatMap((place) => (place === undefined ? [] : join(place, 'safetensors')))
  .find((place) => existsSync(join(place, 'golden.json')));

describe.skipIf(folder === undefined)(
  `safetensors goldens in ${folder ?? 'no folder: copy goldens/safetensors'}`,
  () => {
    const cases = folder === undefined ? [] : goldenCases(folder);

    it.each(cases.map((golden) => ({ name: golden.name, verdict: golden.accepted ? 'opens' : 'is refused', golden })))(
      '$name $verdict',
      ({ golden }) => checkGoldenCase(folder ?? '', golden),
    );

    it('differs from the reference implementation in doubled keys only', () => {
      const names = new Set(cases.filter(({ accepted }) => accepted).map(({ name }) => name));
      expect(stricter.filter((name) => !names.has(name))).toEqual([]);
      expect(stricter.every((name) => name.startsWith('duplicate-'))).toBe(true);
    });
  },
);

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UnsupportedOptionError } from '../../src/errors.ts';
import { type GenGolden, runGenCase, type Write } from './gen-case.ts';
import { writerOf } from './gen-models.ts';
import { goldenFolder, goldenTensors, readGolden } from './goldens.ts';

const root = goldenFolder('gen');
const folders =
  root === undefined ? [] : readdirSync(root).filter((name) => existsSync(join(root, name, 'golden.json')));

describe.skipIf(folders.length === 0)('generate equals Hugging Face (goldens gen/, skipped where absent)', () => {
  for (const name of folders) {
    describe(name, () => {
      const folder = join(root ?? '', name);
      const golden = readGolden<GenGolden>(folder);
      let write: Write;
      let tensors: ReadonlyMap<string, Float32Array>;
      let compared = 0;
      const notOffered = new Map<string, number>();

      beforeAll(async () => {
        [write, tensors] = [await writerOf(folder), await goldenTensors(folder)];
      });

      for (const wanted of golden.cases) {
        it(wanted.name, async (context) => {
          try {
            compared += await runGenCase(write, wanted, golden, tensors);
          } catch (error) {
            if (!(error instanceof UnsupportedOptionError)) throw error;
            const option = /"(\w+)"/.exec(error.message)?.[1] ?? '';
            expect(['assistant_model', ...Object.keys(wanted.options)]).toContain(option);
            notOffered.set(option, (notOffered.get(option) ?? 0) + 1);
            context.skip(`"${option}" is not offered`);
          }
        });
      }

      afterAll(() => {
        const missing = [...notOffered].map(([option, cases]) => `${option} ${cases}`).join(', ');
        console.info(`gen/${name}: ${compared} values compared; not offered: ${missing || 'none'}`);
      });
    });
  }
});

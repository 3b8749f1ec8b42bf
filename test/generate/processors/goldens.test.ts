import { describe, it } from 'vitest';
import { UnsupportedOptionError } from '../../../src/errors.ts';
import { goldenFolder, goldenTensors, readGolden } from '../goldens.ts';
import { type ProcessorGolden, runProcessorCase } from './processor-case.ts';

const folder = goldenFolder('processors') ?? '';
const golden = readGolden<ProcessorGolden>(folder);
const tensors = await goldenTensors(folder);

describe('processors equal Hugging Face, bit for bit (goldens processors/)', () => {
  for (const wanted of golden.cases) {
    it(wanted.name, (context) => {
      try {
        runProcessorCase(wanted, golden, tensors);
      } catch (error) {
        if (!(error instanceof UnsupportedOptionError)) throw error;
        context.skip(error.message);
      }
    });
  }
});

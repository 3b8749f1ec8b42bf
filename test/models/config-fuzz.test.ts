/** Configs that somebody or something has changed: understood, or refused with a typed error; never anything else. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatonError } from '../../src/errors.ts';
import { resolveOptions } from '../../src/generate/options.ts';
import { readHybridConfig } from '../../src/models/bridge-weights.ts';
import { readGpt2Config } from '../../src/models/gpt2-weights.ts';
import { readT5Config } from '../../src/models/t5-weights.ts';
import { GPT2LMHeadModel } from '../../src/pretrained/gpt2-lm-head-model.ts';
import { runs } from '../seed.ts';

const readers: [string, string, (json: unknown) => unknown][] = [
  ['GPT-2', 'test/goldens/gpt2/basic/config.json', (json) => readGpt2Config(json)],
  ['T5', 'test/goldens/t5/v11/config.json', (json) => readT5Config(json)],
  ['hybrid', 'weights/en-de/hybrid/hybrid.json', (json) => readHybridConfig(json)],
  [
    'generation',
    'weights/en-de/llm/generation_config.json',
    (json) => resolveOptions({}, json as Record<string, unknown>),
  ],
];

/** A JSON object with some fields replaced by anything, renamed or left out. */
function mutated(original: Record<string, unknown>): fc.Arbitrary<Record<string, unknown>> {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.integer(),
    fc.double(),
    fc.constantFrom(-1, 0, 1e15, '', null),
  );
  const field = fc.constantFrom(...Object.keys(original), '__proto__', 'constructor');
  const change = fc.record({ field, value, how: fc.constantFrom('replace', 'rename', 'remove') });
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    const fields = new Map(Object.entries(original));
    for (const { field: name, value: other, how } of changes) {
      if (how === 'replace') fields.set(name, other);
      if (how === 'rename') fields.set(`${name}_`, fields.get(name));
      if (how !== 'replace') fields.delete(name);
    }
    return Object.fromEntries(fields);
  });
}

/** Runs; what it throws must be one of ours, with a message. */
async function typed(run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    expect(error).toBeInstanceOf(BatonError);
    expect(String(error)).toMatch(/^\w+Error: .+/);
  }
}

describe('a config with changed fields is understood or refused', () => {
  it.each(readers)('%s', async (_name, file, read) => {
    const original = JSON.parse(readFileSync(file, 'utf8'));
    read(original);
    await fc.assert(
      fc.asyncProperty(mutated(original), (json) => typed(() => read(json))),
      runs(400),
    );
  });

  it.each(readers.slice(0, 3))('%s, when it is no object at all', async (_name, _file, read) => {
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue().filter((json) => typeof json !== 'object' || json === null || Array.isArray(json)),
        (json) => typed(() => read(json)),
      ),
      runs(50),
    );
  });
});

describe('a whole model', () => {
  const weights = readFileSync('test/goldens/gpt2/no-prefix/model.safetensors');
  const config = JSON.parse(readFileSync('test/goldens/gpt2/no-prefix/config.json', 'utf8'));

  it('with a changed config loads, or is refused before anything is allocated for it', async () => {
    const load = async (json: unknown) => {
      const model = await GPT2LMHeadModel.from_pretrained({
        'config.json': JSON.stringify(json),
        'model.safetensors': weights,
      });
      model.dispose();
    };
    await load(config);
    await fc.assert(
      fc.asyncProperty(mutated(config), (json) => typed(() => load(json))),
      runs(100),
    );
  });

  it('with a config that is broken text is refused', async () => {
    const text = JSON.stringify(config);
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const bytes = new TextEncoder().encode(text);
        bytes[at] = byte;
        return typed(() => GPT2LMHeadModel.from_pretrained({ 'config.json': bytes, 'model.safetensors': weights }));
      }),
      runs(150),
    );
  });
});

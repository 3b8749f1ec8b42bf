import { describe, expect, it } from 'vitest';
import { type BatonError, GPT2LMHeadModel, LlmToSlm, type Observer, pipeline } from '../../src/index.node.ts';

const hybridFolder = 'weights/en-de/hybrid';

/** Counts how often a tap fires. */
function counter(name: string): Observer & { count: number } {
  return {
    count: 0,
    tap(tap) {
      if (tap === name) this.count++;
      return undefined;
    },
    wants: () => false,
  };
}

describe('LlmToSlm', () => {
  it('runs the encoder once per prompt, and not at all with a baton', async () => {
    using hybrid = await LlmToSlm.from_pretrained(hybridFolder);
    const reads = counter('encoder.final_norm');
    const whole = await hybrid.generate({ text: 'Tom is happy.', observer: reads });
    expect(reads.count).toBe(1);
    using baton = await hybrid.encode({ text: 'Tom is happy.' });
    const first = await hybrid.generate({ baton, observer: reads });
    const second = await hybrid.generate({ baton, observer: reads });
    expect(reads.count).toBe(1);
    expect(first.sequences).toEqual(whole.sequences);
    expect(second.texts).toEqual(['Tom ist glücklich.']);
    expect(whole.timings.encode_ms).toBeGreaterThan(0);
  });

  it('translates a batch as it translates each text alone', async () => {
    using hybrid = await LlmToSlm.from_pretrained(hybridFolder);
    const texts = ['Tom is happy.', 'Where do you live?', 'I love you.'];
    const together = await hybrid.generate({ text: texts, max_new_tokens: 20 });
    const alone: (string[] | undefined)[] = [];
    for (const text of texts) alone.push((await hybrid.generate({ text, max_new_tokens: 20 })).texts);
    expect(together.texts).toEqual(alone.flat());
  });

  it('reads its prompt: without Z, or with that of another sentence, it writes something else', async () => {
    using hybrid = await LlmToSlm.from_pretrained(hybridFolder);
    const { texts } = await hybrid.generate({ text: 'Tom is happy.', max_new_tokens: 12 });
    const without = await hybrid.generate({ text: 'Tom is happy.', fusion: 'none', max_new_tokens: 12 });
    expect(without.texts).not.toEqual(texts);
  });

  it("does not run the encoder at all with fusion 'none'", async () => {
    using hybrid = await LlmToSlm.from_pretrained(hybridFolder);
    const reads = counter('encoder.final_norm');
    using _baton = await hybrid.encode({ text: 'Tom is happy.', fusion: 'none', observer: reads });
    expect(reads.count).toBe(0);
  });

  it('streams what generate writes', async () => {
    using hybrid = await LlmToSlm.from_pretrained(hybridFolder);
    let text = '';
    for await (const step of hybrid.stream({ text: 'Where do you live?' })) text += step.text;
    expect(text).toBe('Wo wohnt ihr?');
  });

  it('stops in the middle when its signal says so, and leaves nothing behind', async () => {
    using hybrid = await LlmToSlm.from_pretrained(hybridFolder);
    const before = hybrid.backend.memory.blocks;
    const control = new AbortController();
    let steps = 0;
    const long = hybrid.generate({
      text: 'Tom is happy.',
      eos_token_id: null,
      pad_token_id: 0,
      max_new_tokens: 80,
      signal: control.signal,
      observer: {
        tap(name) {
          if (name === 'sample.choice' && ++steps === 3) control.abort(new Error('enough'));
          return undefined;
        },
      },
    });
    await expect(long).rejects.toThrow('enough');
    expect(steps).toBe(3);
    expect(hybrid.backend.memory.blocks).toBe(before);
  });

  it.each([
    [{}, 'OPTION', 'give one of "input_ids", "text" and "baton"'],
    [{ text: 'Hi.', input_ids: [[1]] }, 'OPTION', 'give one of'],
    [{ text: 'Hi.', attention_mask: [[1]] }, 'OPTION', '"text" stands in place of'],
    [{ text: 3 }, 'OPTION', '"text" must be a string or a list of at least one, got 3 (number)'],
    [{ input_ids: [[4000]] }, 'NUMERIC', '"input_ids"[0][0] must be a whole number in [0, 4000), got 4000'],
    [{ text: 'Hi.', stop_strings: ['!'] }, 'UNSUPPORTED_OPTION', 'stop_strings'],
    [{ text: 'Hi.', num_beam: 4 }, 'UNSUPPORTED_OPTION', 'num_beams'],
    [{ text: 'Hi.', fusion: 'addition' }, 'FORMAT', `"fusion" must be one of 'add', 'replace', 'none'`],
  ])('rejects %o', async (args, code, text) => {
    using hybrid = await LlmToSlm.from_pretrained(hybridFolder);
    const error: BatonError = await hybrid.generate(args as never).then(
      () => expect.unreachable(),
      (e) => e,
    );
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
  });
});

describe('pipeline', () => {
  it('gives num_return_sequences results a text, in the order of the texts', async () => {
    const run = await pipeline('translation', hybridFolder);
    const results = await run(['Tom is happy.', 'I love you.'], { num_beams: 3, num_return_sequences: 2 });
    expect(results).toHaveLength(4);
    expect(results[0]).toEqual({ generated_text: 'Tom ist glücklich.' });
    expect(results[2].generated_text).toMatch(/^Ich liebe /);
    run.dispose();
  });

  it('runs a T5 alone', async () => {
    const run = await pipeline('text2text-generation', 'weights/en-de/llm');
    expect(await run('Tom is happy.')).toEqual([{ generated_text: 'Tom ist glücklich.' }]);
    run.dispose();
  });

  it('says what a model can do', async () => {
    await expect(pipeline('text-generation', hybridFolder)).rejects.toMatchObject({ code: 'OPTION' });
    await expect(pipeline('translate' as never, hybridFolder)).rejects.toThrow(`"task" must be one of 'translation'`);
    await expect(pipeline('text-generation', 'test/goldens/gpt2/basic')).rejects.toThrow(
      'there is no tokenizer beside the model',
    );
  });
});

describe('GPT2LMHeadModel.generate', () => {
  it('rejects padding on the right: a decoder continues its last column', async () => {
    using model = await GPT2LMHeadModel.from_pretrained('test/goldens/gpt2/basic');
    const prompt = { input_ids: [[5, 6, 0]], attention_mask: [[1, 1, 0]] };
    await expect(model.generate(prompt)).rejects.toThrow('row 0 ends with padding');
  });

  it('a pass that fails half way leaves the cache as it was', async () => {
    using model = await GPT2LMHeadModel.from_pretrained('test/goldens/gpt2/basic');
    const { past_key_values: cache } = await model.forward({ input_ids: [[5, 6, 7]], use_cache: true });
    const broken: Observer = {
      tap(name) {
        if (name === 'decoder.blocks.1.attn.scores') throw new Error('broken on purpose');
        return undefined;
      },
    };
    await expect(model.forward({ input_ids: [[8]], past_key_values: cache, observer: broken })).rejects.toThrow(
      'on purpose',
    );
    expect(cache?.layers.map(({ length }) => length)).toEqual([3, 3, 3]);
    cache?.dispose();
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  GPT2LMHeadModel,
  LlmToSlm,
  openSafetensors,
  T5ForConditionalGeneration,
  type Tensor,
  writeSafetensors,
} from '../../src/index.node.ts';
import { baton, failureOf, family, jsonOf, model, scratch, stdoutOf } from './baton.ts';

const out = join(scratch, 'out.safetensors');
const input = (name: string, content: string | Uint8Array): string => {
  const path = join(scratch, name);
  writeFileSync(path, content);
  return path;
};

/** The numbers of every tensor of the output, by name. */
async function results(): Promise<Record<string, unknown>> {
  const file = await openSafetensors(out);
  const entries = [...file.tensors.values()].map(async ({ name, dtype, shape }) => {
    expect(dtype).toBe('F32');
    return [name, { shape, values: await file.values(name) }];
  });
  const found = Object.fromEntries(await Promise.all(entries));
  await file.close();
  return found;
}

const told = async (tensor: Tensor) => ({ shape: [...tensor.shape], values: await tensor.readFloats() });

describe('T5', () => {
  const ids = [[224, 91, 12, 226, 143, 7, 1]];
  const decoder = [[0, 231, 256]];

  it('gives what the engine gives, bit for bit, from JSON and from safetensors', async () => {
    const engine = await T5ForConditionalGeneration.from_pretrained(join(family, 'llm'));
    const inputs = { input_ids: ids, decoder_input_ids: decoder, labels: [[231, 256, -100]] };
    const output = await engine.forward({ ...inputs, output_hidden_states: true, output_attentions: true });
    const { past_key_values: _, ...tensors } = output;
    const expected: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(tensors)) {
      if (!Array.isArray(value)) expected[name] = await told(value);
      else for (const [i, each] of value.entries()) expected[`${name}.${i}`] = await told(each);
    }
    expect(Object.keys(expected)).toContain('encoder_hidden_states.4');
    expect(Object.keys(expected)).toContain('cross_attentions.2');

    const i32 = (name: string, rows: number[][]) => {
      return { name, dtype: 'I32' as const, shape: [1, rows[0].length], data: Int32Array.from(rows[0]) };
    };
    const binary = writeSafetensors(Object.entries(inputs).map(([name, rows]) => i32(name, rows)));
    for (const file of [input('t5.json', JSON.stringify(inputs)), input('t5.safetensors', binary)]) {
      expect(await stdoutOf(['forward', ...model('llm'), '--inputs', file, '--output', out])).toBe('');
      expect(await results()).toEqual(expected);
    }
    engine.dispose();
  });

  it('adds every tap that a glob matches, and tells shapes with --json', async () => {
    const file = input('t5.json', JSON.stringify({ input_ids: ids, decoder_input_ids: decoder }));
    const taps = 'decoder.blocks.?.attn.scores,encoder.final_norm';
    const [{ output, tensors }] = await jsonOf([
      ...['forward', ...model('llm'), '--inputs', file, '--output', out, '--taps', taps, '--json'],
    ]);
    expect(output).toBe(out);
    const scores = Object.keys(tensors).filter((name) => name.startsWith('decoder.'));
    expect(scores).toEqual([0, 1, 2].map((i) => `decoder.blocks.${i}.attn.scores`));
    expect(tensors['decoder.blocks.0.attn.scores']).toEqual([1, 6, 3, 3]);
    const found = await results();
    expect(found['encoder.final_norm']).toEqual(found.encoder_last_hidden_state);
  });
});

describe('GPT-2', () => {
  it('takes embeddings in place of ids', async () => {
    const engine = await GPT2LMHeadModel.from_pretrained(join(family, 'hybrid/slm'));
    const data = Float32Array.from({ length: 3 * 128 }, (_, i) => Math.sin(i));
    const embeds = writeSafetensors([{ name: 'inputs_embeds', dtype: 'F32', shape: [1, 3, 128], data }]);
    const nested = [Array.from({ length: 3 }, (_, t) => Array.from(data.subarray(t * 128, (t + 1) * 128)))];
    const all: Record<string, unknown>[] = [];
    for (const file of [
      input('embeds.safetensors', embeds),
      input('embeds.json', JSON.stringify({ inputs_embeds: nested })),
    ]) {
      await stdoutOf(['forward', ...model('hybrid/slm'), '--inputs', file, '--output', out]);
      all.push(await results());
    }
    expect(Object.keys(all[0]).sort()).toEqual(
      ['attentions.0', 'attentions.1', 'hidden_states.0', 'hidden_states.1', 'hidden_states.2', 'logits'].sort(),
    );
    expect(all[1]).toEqual(all[0]);
    engine.dispose();
  });
});

describe('hybrid', () => {
  const inputs = { input_ids: [[224, 91, 12, 226, 143, 7, 1]], labels: [[568, 595, 305]] };
  const run = async (content: object, ...flags: string[]) => {
    const file = input('hybrid.json', JSON.stringify(content));
    await stdoutOf(['forward', ...model('hybrid'), '--inputs', file, '--output', out, ...flags]);
    return results();
  };

  it('gives H, Z and X_in of the prompt, logits and loss of the response', async () => {
    const engine = await LlmToSlm.from_pretrained(join(family, 'hybrid'));
    const { logits, loss } = await engine.forward(inputs);
    const { hidden, projected, prompt } = await engine.encode({ input_ids: inputs.input_ids });
    expect(await run(inputs)).toEqual({
      logits: await told(logits),
      loss: await told(loss),
      encoder_last_hidden_state: await told(hidden!),
      projected: await told(projected!),
      prompt: await told(prompt),
    });
    engine.dispose();
  });

  it('reads the prompt alone where there are no labels; fusion and taps as asked', async () => {
    const { input_ids } = inputs;
    const found = await run({ input_ids }, '--fusion', 'replace', '--taps', 'projector.out,fuse.*');
    expect(found.prompt).toEqual(found.projected);
    expect(found['projector.out']).toEqual(found.projected);
    expect(Object.keys(found)).toContain('fuse.tokens');
    expect(Object.keys(await run({ input_ids }, '--fusion', 'none'))).toEqual(['prompt']);
  });
});

describe('what is refused', () => {
  it.each([
    ['{"input_idz": [[1, 2]]}', [], 2, 'forward: there is no argument "input_idz" (nearest: input_ids, inputs_embeds)'],
    ['{"input_ids": [[1, 2]]}', [], 2, 'the decoder needs "decoder_input_ids", "decoder_inputs_embeds" or "labels"'],
    [
      '{"input_ids": [[1, 2]], "labels": [[1]]}',
      ['--taps', 'decoder.*.attn.score'],
      2,
      'taps: there is no tap "decoder.*.attn.score" in this pass (nearest: decoder.blocks.0.attn.scores',
    ],
    [
      '{"input_ids": [["a"]], "labels": [[1]]}',
      [],
      1,
      '"input_ids"[0][0] must be a whole number in [0, 4000), got "a" (string)',
    ],
  ])('%s %j', async (text, flags, expected, message) => {
    const place = join(scratch, 'never.safetensors');
    const file = input('bad.json', text);
    const { status, line } = await failureOf([
      ...['forward', ...model('llm'), '--inputs', file, '--output', place, ...flags],
    ]);
    expect(status).toBe(expected);
    expect(line).toContain(message);
    await expect(openSafetensors(place)).rejects.toThrow('ENOENT');
  });

  it('a dtype no model reads, a broken file, a place that is not there', async () => {
    const tensors = [{ name: 'input_ids', dtype: 'F8_E4M3' as const, shape: [2], data: new Uint8Array(2) }];
    const odd = input('odd.safetensors', writeSafetensors(tensors));
    const broken = input('broken.safetensors', 'no');
    const good = input('good.json', '{"input_ids": [[1]], "labels": [[1]]}');
    const run = (file: string, to: string) => baton(['forward', ...model('llm'), '--inputs', file, '--output', to]);
    expect((await run(odd, out)).stderr).toContain(`input "input_ids" can't be F8_E4M3`);
    expect((await run(broken, out)).stderr).toContain('broken.safetensors');
    const { status, stderr } = await run(good, join(scratch, 'no/out.safetensors'));
    expect(status).toBe(1);
    expect(stderr).toContain("the file can't be written");
  });
});

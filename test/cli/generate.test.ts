import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manifestOf } from '../../scripts/manifest.mjs';
import { LlmToSlm, writeSafetensors } from '../../src/index.node.ts';
import { baton, failureOf, family, jsonOf, model, root, scratch, start, stdoutOf } from './baton.ts';

const hybrid = ['generate', ...model('hybrid')];
const input = (name: string, content: string | Uint8Array): string => {
  const path = join(scratch, name);
  writeFileSync(path, content);
  return path;
};

describe('texts', () => {
  it('come from the command line, a line of stdin or of a file: the same answers', async () => {
    const texts = ['Where is the station?', 'I love my family.'];
    const german = 'Wo ist der Bahnhof?\nIch liebe meine Familie.\n';
    expect(await stdoutOf([...hybrid, ...texts])).toBe(german);
    expect(await stdoutOf(hybrid, `${texts.join('\r\n')}\r\n`)).toBe(german);
    expect(await stdoutOf([...hybrid, '--file', input('texts.txt', texts.join('\n'))])).toBe(german);
  });

  it.each([
    ['llm', 'Who wrote this letter?', 'Wer hat diesen Brief geschrieben?'],
    ['slm', 'You must not forget your umbrella.', 'Du musst deinen Schirm nicht vergessen.'],
    ['hybrid', 'You must not forget your umbrella.', 'Du darfst deinen Regenschirm nicht vergessen.'],
    ['slm-t5', 'Where is the station?', 'Wo ist der Bahnhof?'],
    ['hybrid-t5', 'Where is the station?', 'Wo ist der Bahnhof?'],
  ])('%s: "%s" → "%s"', async (name, english, german) => {
    expect(await stdoutOf(['generate', ...model(name), english])).toBe(`${german}\n`);
  });

  it('that are not UTF-8 end the work at their line', async () => {
    const { status, stderr } = await baton(hybrid, Buffer.from('Who are you?\n\xff\n', 'latin1'));
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'baton: the line is not UTF-8 (in line 2 of stdin)\n',
    });
  });

  it('a file that is not there is told', async () => {
    const { status, stderr } = await baton([...hybrid, '--file', 'none.txt']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^baton: the file can't be read: ENOENT.* \(in none.txt\)\n$/);
  });
});

describe('--json', () => {
  it('is one line a prompt, of exactly this form', async () => {
    const [answer, second] = await jsonOf([...hybrid, '--json', 'Where is the station?', 'I love my family.']);
    const { timings, ...rest } = answer;
    expect(rest).toEqual({
      text: 'Wo ist der Bahnhof?',
      sequences: [[601, 295, 360, 1605, 30, 1999]],
      sequences_scores: null,
      finish_reasons: ['stop'],
      usage: { prompt_tokens: 6, completion_tokens: 6 },
      backend: { name: 'reference', threads: 1, simd: 'none', dtype: 'f32' },
    });
    expect(Object.keys(answer)).toEqual(
      'text sequences sequences_scores finish_reasons usage timings backend'.split(' '),
    );
    expect(Object.keys(timings)).toEqual(['load_ms', 'encode_ms', 'prefill_ms', 'decode_ms', 'ms_per_token']);
    for (const ms of Object.values(timings)) expect(ms).toBeGreaterThanOrEqual(0);
    expect(second.text).toBe('Ich liebe meine Familie.');
  });

  it('has scores of beams, and a list of texts where there are several', async () => {
    const flags = [
      '--json',
      '--num-beams',
      '3',
      '--num-return-sequences',
      '2',
      '--early-stopping',
      '--max-new-tokens',
      '12',
    ];
    const [answer] = await jsonOf([...hybrid, ...flags, 'I am very tired today.']);
    expect(answer.text).toHaveLength(2);
    expect(answer.sequences).toHaveLength(2);
    expect(answer.sequences_scores[0]).toBeGreaterThan(answer.sequences_scores[1]);
    expect(answer.finish_reasons).toHaveLength(2);
  });

  it('tells why a row ended, and counts its tokens', async () => {
    const [answer] = await jsonOf([...hybrid, '--json', '--max-new-tokens', '2', 'Where is the station?']);
    expect(answer.finish_reasons).toEqual(['length']);
    expect(answer.usage).toEqual({ prompt_tokens: 6, completion_tokens: 2 });
  });
});

describe('options of generation', () => {
  const text = 'I am very tired today.';

  it('the same seed writes the same text, in the process as in the engine', async () => {
    const options = { do_sample: true, seed: 11, temperature: 1.5, top_k: 40 };
    const flags = ['--do-sample', '--seed', '11', '--temperature', '1.5', '--top-k=40', '--json'];
    const [answer] = await jsonOf([...hybrid, ...flags, text]);
    const engine = await LlmToSlm.from_pretrained(join(family, 'hybrid'));
    expect(answer.sequences).toEqual((await engine.generate({ text, ...options })).sequences);
    engine.dispose();
  });

  it('a flag alone is true and leaves the text behind it alone; null stands for nothing said', async () => {
    const greedy = await stdoutOf([...hybrid, text]);
    expect(await stdoutOf([...hybrid, '--do-sample', 'false', text])).toBe(greedy);
    expect(await stdoutOf([...hybrid, '--top-k', '1', '--do-sample', text])).toBe(greedy);
    const [answer] = await jsonOf([...hybrid, '--json', '--eos-token-id', 'null', '--max-new-tokens', '30', text]);
    expect(answer.finish_reasons).toEqual(['length']);
    const [listed] = await jsonOf([...hybrid, '--json', '--eos-token-id', '13,1999', text]);
    expect(listed.sequences[0].at(-1)).toBe(13);
  });

  it('--fusion is what the engine makes of it', async () => {
    const engine = await LlmToSlm.from_pretrained(join(family, 'hybrid'));
    const { texts } = await engine.generate({ text, fusion: 'none' });
    expect(await stdoutOf([...hybrid, '--fusion', 'none', text])).toBe(`${texts?.[0]}\n`);
    engine.dispose();
  });

  it.each([
    [['--top-k', '5'], '"top_k" (5) does nothing without do_sample: true'],
    [['--no-repeat-ngram-size', '2'], '"no_repeat_ngram_size" is an option of Hugging Face'],
  ])('%j is refused by name', async (flags, message) => {
    const { status, line } = await failureOf([...hybrid, ...flags, text]);
    expect(status).toBe(2);
    expect(line).toContain(message);
  });
});

describe('--inputs', () => {
  const rows = [
    [0, 231, 256, 27, 7, 1],
    [224, 91, 12, 226, 7, 1],
  ];
  const mask = [
    [0, 1, 1, 1, 1, 1],
    [1, 1, 1, 1, 1, 1],
  ];

  it('takes a batch as JSON or safetensors, and gives a line a row', async () => {
    const json = input('in.json', JSON.stringify({ input_ids: rows, attention_mask: mask }));
    const tensors = [
      { name: 'input_ids', dtype: 'I64' as const, shape: [2, 6], data: BigInt64Array.from(rows.flat(), BigInt) },
      { name: 'attention_mask', dtype: 'U8' as const, shape: [2, 6], data: Uint8Array.from(mask.flat()) },
    ];
    const binary = input('in.safetensors', writeSafetensors(tensors));
    const engine = await LlmToSlm.from_pretrained(join(family, 'hybrid'));
    const { sequences, timings } = await engine.generate({ input_ids: rows, attention_mask: mask });
    for (const file of [json, binary]) {
      const answers = await jsonOf([...hybrid, '--json', '--inputs', file]);
      expect(answers.map((answer) => answer.sequences)).toEqual(sequences.map((row) => [row]));
      expect(answers.map(({ usage }) => usage.prompt_tokens)).toEqual([5, 6]);
      expect(answers[0].usage.completion_tokens + answers[1].usage.completion_tokens).toBe(timings.tokens);
    }
    engine.dispose();
  });

  it('works without a tokenizer: ids in, ids out', async () => {
    const bare = join(scratch, 'bare');
    mkdirSync(bare);
    for (const name of ['config.json', 'model.safetensors']) cpSync(join(family, 'llm', name), join(bare, name));
    const file = input('llm.json', '{"input_ids": [[224, 91, 12, 226, 143, 7, 1]]}');
    const [answer] = await jsonOf(['generate', '--model', bare, '--json', '--inputs', file]);
    expect(answer.text).toBeNull();
    expect(await stdoutOf(['generate', '--model', bare, '--inputs', file])).toBe(`${answer.sequences[0].join(' ')}\n`);
  });

  it.each([
    ['{"input_ids": [[1, 2]', 1, 'the inputs are no JSON'],
    ['[[1, 2]]', 1, 'inputs must be a JSON object'],
    ['{"input_idz": [[1, 2]]}', 2, '"input_idz" is not an option of generate'],
    ['{"input_ids": [[1, 99999]]}', 1, '"input_ids"[0][1] must be a whole number in [0, 4000), got 99999'],
    ['{"input_ids": [[1], [1, 2]]}', 1, '"input_ids" must have rows of one length'],
    ['{"input_ids": 7}', 1, '"input_ids" must be rows of numbers'],
  ])('%s is refused', async (text, expected, message) => {
    const { status, line } = await failureOf([...hybrid, '--inputs', input('bad.json', text)]);
    expect(status).toBe(expected);
    expect(line).toContain(message);
    expect(line).not.toContain('\n');
  });
});

describe('ending early', () => {
  it('a reader that goes away ends the command quietly', async () => {
    const child = start(hybrid);
    const status = new Promise((resolve) => child.on('close', resolve));
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.stdin.on('error', () => {});
    child.stdin.write('I am tired.\n'.repeat(200));
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await status).toBe(0);
    expect(stderr).toBe('');
  });

  it('Ctrl-C ends it with the status of a signal, and no word', async () => {
    const child = start(hybrid);
    const ended = new Promise((resolve) => child.on('close', (status, signal) => resolve(signal ?? status)));
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.stdin.write('I am tired.\n');
    child.stdout.once('data', () => child.kill('SIGINT'));
    expect(await ended).toBe(130);
    expect(stderr).toBe('');
  });
});

describe('--verify', () => {
  it('compares the tokenizer too', async () => {
    const folder = join(scratch, 'changed');
    cpSync(join(family, 'llm'), folder, { recursive: true });
    writeFileSync(join(folder, 'manifest.json'), manifestOf(folder));
    const run = ['generate', '--model', folder, '--verify', 'Who wrote this letter?'];
    expect(await stdoutOf(run)).toBe('Wer hat diesen Brief geschrieben?\n');
    writeFileSync(join(folder, 'tokenizer_config.json'), '{}');
    const { status, line } = await failureOf(run);
    expect(status).toBe(1);
    expect(line).toContain(
      '"tokenizer_config.json" is not the file that the manifest lists: size must be 781 bytes, got 2',
    );
  });
});

const shared = join(root, '../shared/models/en-de/expected.json');
describe.skipIf(!existsSync(shared))('what Hugging Face wrote (skipped without ../shared)', () => {
  it.each(['llm', 'hybrid'])('%s: the same ids, greedy', async (name) => {
    const items = JSON.parse(readFileSync(shared, 'utf8')).items.slice(0, 20);
    const lines = items.map((item: { en: string }) => item.en).join('\n');
    const answers = await jsonOf(['generate', ...model(name), '--json', '--max-new-tokens', '48'], lines);
    const written = answers.map(({ sequences: [row] }) => (name === 'hybrid' ? row : row.slice(1)));
    expect(written).toEqual(items.map((item: Record<string, { greedy: { ids: number[] } }>) => item[name].greedy.ids));
    expect(answers.map(({ text }) => text)).toEqual(
      items.map((item: Record<string, { greedy: { text: string } }>) => item[name].greedy.text),
    );
  });
});

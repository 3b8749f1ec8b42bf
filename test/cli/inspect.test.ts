import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspect } from '../../apps/cli/inspect.ts';
import { writeSafetensors } from '../../src/index.node.ts';
import { goldenCases, stricter } from '../safetensors/golden-case.ts';
import { baton, failureOf, family, jsonOf, root, scratch, stdoutOf } from './baton.ts';

/** A copy of a model's folder that may be damaged. */
function copy(name: string, damage: (folder: string) => void): string {
  const folder = join(scratch, `damaged-${Math.random()}`, name);
  cpSync(join(family, name), folder, { recursive: true });
  damage(folder);
  return folder;
}

describe('inspect', () => {
  it('a file: its tensors, sizes and metadata', async () => {
    const path = join(scratch, 'one.safetensors');
    const tensors = [
      { name: 'wide', dtype: 'F32' as const, shape: [300, 2], data: new Float32Array(600) },
      { name: 'flag', dtype: 'BOOL' as const, shape: [], data: Uint8Array.of(1) },
    ];
    writeFileSync(path, writeSafetensors(tensors, { made: 'here' }));
    expect(await stdoutOf(['inspect', path])).toBe(
      [
        `${path}  valid`,
        '',
        '  one.safetensors  2 tensors · 601 parameters · 2.40 kB · made here',
        '  name  dtype  shape     bytes',
        '  wide  F32    [300, 2]  2,400',
        '  flag  BOOL   []            1',
        '',
      ].join('\n'),
    );
    expect(await jsonOf(['inspect', path, '--json'])).toEqual([
      {
        path,
        valid: true,
        problems: [],
        weights: [
          {
            file: 'one.safetensors',
            shards: ['one.safetensors'],
            tensors: [
              { name: 'wide', dtype: 'F32', shape: [300, 2], bytes: 2400 },
              { name: 'flag', dtype: 'BOOL', shape: [], bytes: 1 },
            ],
            parameters: 601,
            bytes: 2401,
            metadata: { made: 'here' },
          },
        ],
        parts: [],
      },
    ]);
  });

  it('a family: every model by its class, configs and tokenizers', async () => {
    const [report] = await jsonOf(['inspect', family, '--json']);
    expect(report.valid).toBe(true);
    const classes = report.parts.map((part: { path: string; model: string }) => [
      part.path.slice(family.length + 1),
      part.model,
    ]);
    expect(Object.fromEntries(classes)).toEqual({
      llm: 'T5ForConditionalGeneration',
      slm: 'LlmToSlm',
      hybrid: 'LlmToSlm',
      'slm-t5': 'T5ForConditionalGeneration',
      'hybrid-t5': 'LlmToSlm',
    });
    const hybrid = report.parts.find((part: { path: string }) => part.path.endsWith('hybrid'));
    expect(hybrid.config.fusion).toBe('add');
    expect(hybrid.parts[0].tokenizer).toEqual({
      kind: 'bpe',
      vocab_size: 2000,
      special: { bos: 1999, eos: 1999, unk: 1999 },
    });
  });

  it.each([
    ['spiece.model', { kind: 'unigram', vocab_size: 4000, special: { eos: 1, unk: 2, pad: 0 } }],
    ['config.json', undefined],
  ])('a single %s', async (name, tokenizer) => {
    const [report] = await jsonOf(['inspect', join(family, 'llm', name), '--json']);
    expect(report.valid).toBe(true);
    expect(report.tokenizer).toEqual(tokenizer);
  });

  it('agrees with the format on every file of its goldens', async () => {
    const goldens = join(root, 'test/goldens/safetensors');
    for (const { name, file, accepted } of goldenCases(goldens)) {
      const { valid } = await inspect(join(goldens, file));
      expect([name, valid]).toEqual([name, accepted && !stricter.includes(name)]);
    }
  });
});

describe('what is wrong', () => {
  it('is said on stdout, on stderr and by the exit status', async () => {
    const path = join(scratch, 'cut.safetensors');
    writeFileSync(path, readFileSync(join(family, 'hybrid/projector.safetensors')).subarray(0, 1000));
    const { status, stdout, stderr } = await baton(['inspect', path]);
    expect(status).toBe(1);
    const [title, problem] = stdout.trimEnd().split('\n');
    expect(title).toBe(`${path}  invalid`);
    expect(stderr).toBe(`baton: ${problem.trim()}\n`);
  });

  it.each<[string, string, (folder: string) => void, string]>([
    [
      'a config of another model',
      'llm',
      (f) => write(f, 'config.json', (json) => ({ ...json, d_ff: 700 })),
      'must be [700, 192], got [768, 192]',
    ],
    ['a field nobody knows', 'llm', (f) => write(f, 'config.json', (json) => ({ ...json, d_fff: 1 })), 'd_fff'],
    ['no weights', 'slm-t5', (f) => writeFileSync(join(f, 'model.safetensors'), ''), 'model.safetensors'],
    ['a tokenizer that is none', 'slm-t5', (f) => writeFileSync(join(f, 'spiece.model'), 'no'), 'spiece.model'],
    [
      'JSON that is none',
      'slm-t5',
      (f) => writeFileSync(join(f, 'config.json'), '{'),
      'this is neither safetensors, nor a tokenizer, nor JSON',
    ],
    ['a hybrid without its LLM', 'hybrid', () => {}, 'llm'],
  ])('%s', async (_, name, damage, message) => {
    const { status, line } = await failureOf(['inspect', copy(name, damage), '--json']);
    expect(status).toBe(1);
    expect(line).toContain(message);
  });

  it('nothing there', async () => {
    expect(await failureOf(['inspect', 'nowhere'])).toEqual({
      status: 1,
      line: 'there is no such file or folder (in nowhere)',
    });
  });
});

describe('--verify', () => {
  it('compares every file with the manifest', async () => {
    const { files } = JSON.parse(readFileSync(join(family, 'manifest.json'), 'utf8'));
    const text = await stdoutOf(['inspect', family, '--verify']);
    expect(text.trimEnd().split('\n').at(-1)).toMatch(
      new RegExp(`^${Object.keys(files).length} files, .* MB: as manifest.json lists them$`),
    );
  });

  it('names the file that is another', async () => {
    const folder = join(scratch, 'other');
    mkdirSync(folder);
    writeFileSync(join(folder, 'config.json'), '{}');
    const sha256 = '0'.repeat(64);
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ files: { 'extra.json': { size: 2, sha256 } } }));
    cpSync(join(folder, 'config.json'), join(folder, 'extra.json'));
    const { line } = await failureOf(['inspect', join(folder), '--verify', '--json']);
    expect(line).toContain('model_type'); // an invalid folder is told first
    const llm = copy('llm', (path) =>
      writeFileSync(join(path, 'manifest.json'), JSON.stringify({ files: { 'config.json': { size: 664, sha256 } } })),
    );
    expect((await failureOf(['inspect', llm, '--verify', '--json'])).line).toContain(
      `"config.json" is not the file that the manifest lists: sha256 must be ${sha256}, got `,
    );
  });
});

function write(folder: string, name: string, change: (json: object) => object): void {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')))));
}

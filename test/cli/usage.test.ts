/** Exit status and words of everything that is wrong before a model is loaded. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../apps/cli/program.ts';
import { generateOptions, generateOptionsNotOffered } from '../../src/index.node.ts';
import { baton, failureOf, model, root, stdoutOf } from './baton.ts';

const hybrid = model('hybrid');

describe('help', () => {
  it('names every command and what the exit status means', async () => {
    const help = await stdoutOf(['--help']);
    for (const command of ['generate', 'forward', 'tokenize', 'inspect', 'convert', 'bench', 'demo']) {
      expect(help).toContain(`\n  ${command} `);
    }
    expect(help).toContain('Exit status: 0 done, 1 failed, 2 wrong usage.');
  });

  it('lists every option of generate under its own name, and none that is not offered', async () => {
    const help = await stdoutOf(['generate', '--help']);
    const flag = (name: string) => `  --${name.replaceAll('_', '-')} `;
    for (const name of Object.keys(generateOptions)) expect(help).toContain(flag(name));
    for (const name of Object.keys(generateOptionsNotOffered)) expect(help).not.toContain(flag(name));
  });

  it('fits into 80 columns', () => {
    const program = createProgram();
    for (const command of [program, ...program.commands]) {
      const widths = command
        .helpInformation()
        .split('\n')
        .map((line) => line.length);
      expect(Math.max(...widths)).toBeLessThanOrEqual(80);
    }
  });

  it('tells the version', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(await stdoutOf(['--version'])).toBe(`${version}\n`);
  });

  it('without a command stands on stderr, and is wrong usage', async () => {
    const { status, stdout, stderr } = await baton([]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('Usage: baton');
  });
});

describe('wrong usage', () => {
  it.each<[string[], string]>([
    [['genrate'], "unknown command 'genrate' (Did you mean generate?)"],
    [['frobnicate'], "unknown command 'frobnicate' (see --help)"],
    [['generate', '--modle', 'x'], "unknown option '--modle' (Did you mean --model?)"],
    [['generate', ...hybrid, '--topk', '3'], "unknown option '--topk' (Did you mean --top-k?)"],
    [['generate', 'hello'], "required option '--model <dir>' not specified (see --help)"],
    [['generate', '--model'], "option '--model <dir>' argument missing (see --help)"],
    [['forward', ...hybrid], "required option '--inputs <file>' not specified (see --help)"],
    [['forward', ...hybrid, '--inputs', 'x'], "required option '--output <file>' not specified (see --help)"],
    [['tokenize'], "required option '--model <dir>' not specified (see --help)"],
    [['inspect'], "missing required argument 'path' (see --help)"],
    [['inspect', 'a', 'b'], "too many arguments for 'inspect'. Expected 1 argument but got 2. (see --help)"],
    [['convert', 'a', 'b'], "required option '--dtype <dtype>' not specified (see --help)"],
    [
      ['convert', 'a', 'b', '--dtype', 'f8'],
      "option '--dtype <dtype>' argument 'f8' is invalid. Allowed choices are f32, f16, bf16, int8, int4. (see --help)",
    ],
    [
      ['convert', 'a', 'b', '--dtype', 'f16', '--max-shard-size', 'big'],
      "option '--max-shard-size <size>' argument 'big' is invalid. It must be a size such as 2GB, 500MB or 1GiB. (see --help)",
    ],
    [
      ['generate', ...hybrid, '--max-new-tokens', '0'],
      "option '--max-new-tokens <value>' argument '0' is invalid. It must be a whole number ≥ 1. (see --help)",
    ],
    [
      ['generate', ...hybrid, '--threads', 'two'],
      "option '--threads <n>' argument 'two' is invalid. It must be a whole number. (see --help)",
    ],
    [
      ['generate', ...hybrid, '--fusion', 'both'],
      "option '--fusion <how>' argument 'both' is invalid. Allowed choices are add, replace, none. (see --help)",
    ],
    [['generate', ...hybrid, '--gpu-mode', 'cpu', 'x'], '--gpu-mode needs --backend gpu'],
    [
      ['generate', ...hybrid, '--backend', 'gpu', 'x'],
      '--backend gpu needs --gpu-mode: webgpu, webgl2, headlessgl, webasm, cpu',
    ],
    [
      ['generate', ...hybrid, '--backend', 'gpu', '--gpu-mode', 'cpu', '--threads', '2', 'x'],
      '--threads is for --backend wasm',
    ],
    [
      ['generate', ...hybrid, '--backend', 'gpu', '--gpu-mode', 'cpu', '--deterministic', 'x'],
      '--deterministic is for --backend wasm and reference',
    ],
    [
      ['generate', ...hybrid, '--dtype', 'int3', 'x'],
      "option '--dtype <dtype>' argument 'int3' is invalid. Allowed choices are f32, f16, bf16, int8, int4. (see --help)",
    ],
    [['generate', ...hybrid, '--file', 'x', 'y'], 'give texts or --file, not both'],
    [['generate', ...hybrid, '--inputs', 'x', 'y'], '--inputs takes the place of texts and --file'],
    [['generate', ...model('llm'), '--fusion', 'none', 'x'], `--fusion is for hybrids, and ${model('llm')[1]} is none`],
  ])('%j', async (args, message) => {
    expect(await failureOf(args)).toEqual({ status: 2, line: message });
  });

  it('is one line on stderr, and nothing on stdout', async () => {
    const stderr = "baton: unknown option '--modle' (Did you mean --model?)\n";
    expect(await baton(['generate', '--modle', 'x'])).toEqual({ status: 2, stdout: '', stderr });
  });

  it.each(['step', 'serve', 'train', 'eval'])('%s is not in this version', async (command) => {
    const line = `"${command}" is not in this version`;
    expect(await failureOf([command, '--any', 'thing'])).toEqual({ status: 2, line });
  });
});

describe('failure', () => {
  it('is one line, with all that the error knows', async () => {
    const { status, stdout, stderr } = await baton(['generate', '--model', './nowhere', 'x']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^baton: load: ".\/nowhere" is neither a folder, nor a Hub id.*\(hint: tried .*\)\n$/);
  });

  it('shows its stack with --verbose', async () => {
    const { status, stderr } = await baton(['generate', '--model', './nowhere', 'x', '--verbose']);
    expect(status).toBe(1);
    expect(stderr.split('\n')[1]).toMatch(/^LoadError: load: /);
    expect(stderr).toMatch(/\n {4}at /);
  });
});

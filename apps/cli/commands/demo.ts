import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { LoadError } from '../../../src/index.node.ts';
import { compete, contestants, loadFamily, names, type Round, timedRuns, timesOf } from '../contest.ts';
import { addOutputOptions } from '../output-options.ts';
import { packageRoot } from '../package-root.ts';
import { note, paint, printJson, printLine, table } from '../terminal.ts';

/** Chosen because the SLM alone gets them wrong. */
const sentences = [
  'My sister is a teacher at this school.',
  'You must not forget your umbrella.',
  'He fell asleep in front of the TV.',
];

interface DemoFlags {
  readonly weights: string;
  readonly json?: boolean;
}

export function addDemo(program: Command): void {
  const command = program
    .command('demo')
    .description('English to German by the LLM alone, the SLM alone and the hybrid of both, side by side')
    .argument('[text...]', 'short English sentences; without them a few of its own')
    .option('--weights <dir>', 'the family of models', fileURLToPath(new URL('weights/en-de', packageRoot)));
  addOutputOptions(command).action(demo);
}

async function demo(texts: string[], { weights, json }: DemoFlags): Promise<void> {
  if (!existsSync(weights)) {
    throw new LoadError('the weights of the demonstration are not there', {
      where: weights,
      hint: 'they come with the repository, not with the package; --weights DIR says where they are',
    });
  }
  note('loading three models, translating …');
  const rounds = await compete(await loadFamily(weights), texts.length > 0 ? texts : sentences);
  if (json) for (const { prompt, answers } of rounds) await printJson({ prompt, ...answers });
  else for (const line of [...rounds.flatMap(roundLines), ...timeLines(rounds)]) await printLine(line);
  if (texts.length === 0) note('  chosen to show a difference; figures of 1,000: weights/en-de/README.md');
}

function roundLines({ prompt, answers }: Round): string[] {
  const { bold, dim } = paint(process.stdout);
  const row = (who: string, text: string): string => `  ${dim(who.padEnd(9))}  ${text}`;
  const lines = names.map((name) => {
    const text = String(answers[name].text);
    return row(contestants[name], name === 'hybrid' ? bold(text) : text);
  });
  return [row('English', prompt), ...lines, ''];
}

function timeLines(rounds: readonly Round[]): string[] {
  const rows = names.map((name) => {
    const { encode, prefill, token, sentence } = timesOf(rounds.map(({ answers }) => answers[name]));
    return [contestants[name], ...[encode, prefill, token, sentence].map((ms) => `${ms.toFixed(1)} ms`)];
  });
  const right = 'right' as const;
  const columns = [
    { head: '' },
    { head: 'read once', align: right },
    { head: 'first token', align: right },
    { head: 'each token', align: right },
    { head: 'whole sentence', align: right },
  ];
  const { name, threads } = rounds[0].answers.hybrid.backend;
  return [
    ...table(columns, rows)
      .split('\n')
      .map((line) => `  ${line}`),
    '',
    paint(process.stdout).dim(`  on this machine, backend ${name}, threads ${threads}; medians of ${timedRuns} runs`),
  ];
}

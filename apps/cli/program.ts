import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addBench } from './commands/bench.ts';
import { addConvert } from './commands/convert.ts';
import { addDemo } from './commands/demo.ts';
import { addForward } from './commands/forward.ts';
import { addGenerate } from './commands/generate.ts';
import { addInspect } from './commands/inspect.ts';
import { addLater } from './commands/later.ts';
import { addTokenize } from './commands/tokenize.ts';
import { packageRoot } from './package-root.ts';
import { paint } from './terminal.ts';

const ending = `
Examples:
  baton demo
  baton generate --model weights/en-de/hybrid --num-beams 4 "Where do you live?"
  baton inspect weights/en-de/hybrid

Exit status: 0 done, 1 failed, 2 wrong usage.`;

/** The program with all its commands; a wrong command line throws a CommanderError and ends nothing. */
export function createProgram(): Command {
  const program = new Command('baton')
    .description(
      'T5, GPT-2 and the hybrid of both: a large model reads the prompt once, a small one writes the answer.',
    )
    .version(versionOf(packageRoot))
    .exitOverride()
    .configureOutput({ outputError: () => {} }) // told once, by baton.ts
    .configureHelp({
      styleTitle: (text) => paint(process.stdout).bold(text),
      styleCommandText: (text) => paint(process.stdout).cyan(text),
    })
    .addHelpText('after', ending);
  for (const add of [addGenerate, addForward, addTokenize, addInspect, addConvert, addBench, addDemo, addLater])
    add(program);
  return program;
}

function versionOf(root: URL): string {
  const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  return version;
}

import { CommanderError } from 'commander';
import { BatonError, OptionError } from '../../src/index.node.ts';
import { paint } from './terminal.ts';

/** 2 where the command line asks for what there isn't, 1 where the work failed, 0 after help and version. */
export function exitStatus(error: unknown): number {
  if (error instanceof CommanderError) return error.code === 'commander.help' || error.exitCode !== 0 ? 2 : 0;
  return error instanceof OptionError ? 2 : 1;
}

/** Writes one line to stderr; with `verbose` the error as it is, with its stack. */
export function tell(error: unknown, verbose: boolean): void {
  const line = lineOf(error);
  if (line === '') return;
  process.stderr.write(`${paint(process.stderr).red('baton:')} ${line}\n`);
  if (verbose && error instanceof Error && !(error instanceof CommanderError)) {
    process.stderr.write(`${error.stack}\n`);
  }
}

/** What happened, in one line: the places and hints of an error follow its summary in parentheses. */
export function lineOf(error: unknown): string {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0 || error.code === 'commander.help') return '';
    const line = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
    return line.includes('Did you mean') ? line : `${line} (see --help)`;
  }
  if (!(error instanceof Error)) return String(error);
  const [summary, ...more] = error.message.split('\n').map((line) => line.trim());
  const kind = error instanceof BatonError ? '' : `${error.name}: `;
  return kind + summary + (more.length === 0 ? '' : ` (${more.join('; ')})`);
}

import type { Command } from 'commander';

/** Options of every command. */
export function addOutputOptions(command: Command): Command {
  return command
    .optionsGroup('Output:')
    .option('--json', 'JSON lines on stdout')
    .option('--verbose', 'the stack of an error too');
}

import type { Command } from 'commander';
import { UnsupportedOptionError } from '../../../src/index.node.ts';

const names = ['step', 'serve', 'train', 'eval'];

/** Commands that have their names and are not in this version. */
export function addLater(program: Command): void {
  for (const name of names) {
    program
      .command(name, { hidden: true })
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => {
        throw new UnsupportedOptionError(`"${name}" is not in this version`);
      });
  }
}

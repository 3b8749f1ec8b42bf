import type { Command } from 'commander';

/**
 * An option that must be given. Commander would ask for it before it looks at the others, and blame a misspelt
 * `--modle` on a missing `--model`; here a wrong name is told first.
 */
export function addRequired(command: Command, flags: string, description: string): Command {
  command.option(flags, description);
  const name = command.options[command.options.length - 1].attributeName();
  return command.hook('preAction', (_program, action) => {
    if (action.opts()[name] !== undefined) return;
    action.error(`error: required option '${flags}' not specified`, { exitCode: 2 });
  });
}

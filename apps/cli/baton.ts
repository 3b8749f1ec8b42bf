/** The command `baton`. Exit status: 0 done, 1 failed, 2 wrong usage, 128 + n ended by signal n. */
import { bindFlags } from './generate-options.ts';
import { interruption } from './interrupt.ts';
import { createProgram } from './program.ts';
import { exitStatus, tell } from './trouble.ts';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0); // Nobody reads on: `| head`.
  throw error;
});

const words = process.argv.slice(2);
try {
  await createProgram().parseAsync(bindFlags(words), { from: 'user' });
} catch (error) {
  const ended = interruption();
  if (ended === undefined) tell(error, words.includes('--verbose'));
  process.exitCode = ended ?? exitStatus(error);
}

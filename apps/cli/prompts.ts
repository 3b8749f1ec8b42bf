import { createReadStream } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import { LoadError, OptionError } from '../../src/index.node.ts';
import { signal } from './interrupt.ts';
import { linesOf } from './lines.ts';
import { note } from './terminal.ts';

/** One prompt after the other: the words of the command line, else the lines of `--file`, else those of stdin. */
export async function* promptsFrom(texts: readonly string[], file: string | undefined): AsyncGenerator<string> {
  if (texts.length > 0 && file !== undefined) throw new OptionError('give texts or --file, not both');
  if (texts.length > 0) yield* texts;
  else if (file !== undefined) yield* fileLines(file);
  else yield* stdinLines();
}

/** Lines of stdin; on a terminal with a word on how to end them. */
export function stdinLines(): AsyncGenerator<string> {
  if (process.stdin.isTTY) note('one a line; Ctrl-D ends');
  return linesOf(addAbortSignal(signal, process.stdin), 'stdin');
}

async function* fileLines(file: string): AsyncGenerator<string> {
  try {
    yield* linesOf(createReadStream(file), file);
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    throw new LoadError(`the file can't be read: ${cause.message}`, { where: file, cause });
  }
}

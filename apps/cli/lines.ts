import { FormatError } from '../../src/index.node.ts';
import { signal } from './interrupt.ts';

/**
 * The lines of a stream as they come, without their ends (`\n` or `\r\n`); an empty rest behind the last is no line.
 *
 * Errors    FormatError bytes that are no UTF-8
 */
export async function* linesOf(stream: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 0;
  let rest = '';
  const decode = (chunk?: Uint8Array): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch (cause) {
      throw new FormatError('the text is not UTF-8', { where: `${name}, behind line ${line}`, cause });
    }
  };
  for await (const chunk of stream) {
    signal.throwIfAborted();
    const parts = (rest + decode(chunk)).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      line++;
      yield part.replace(/\r$/, '');
    }
  }
  rest += decode();
  if (rest !== '') yield rest.replace(/\r$/, '');
}

import { FormatError } from '../../src/index.node.ts';
import { signal } from './interrupt.ts';

const NEWLINE = 10;

/**
 * The lines of a stream as they come, without their ends (`\n` or `\r\n`); an empty rest behind the last is no line.
 *
 * Errors    FormatError bytes that are no UTF-8, with the number of the line
 */
export async function* linesOf(stream: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let number = 0;
  let pieces: Uint8Array[] = []; // of a line whose end has not come yet
  const take = (): string => {
    number++;
    const bytes = Buffer.concat(pieces);
    pieces = [];
    try {
      const line = decoder.decode(bytes).replace(/\r$/, '');
      return number === 1 ? line.replace(/^\uFEFF/, '') : line; // a byte order mark is no text
    } catch (cause) {
      throw new FormatError('the line is not UTF-8', { where: `line ${number} of ${name}`, cause });
    }
  };
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      pieces.push(chunk.subarray(start, end));
      start = end + 1;
      signal.throwIfAborted();
      yield take();
    }
    pieces.push(chunk.subarray(start));
  }
  if (pieces.some((piece) => piece.length > 0)) yield take();
}

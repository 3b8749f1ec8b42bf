import { LoadError } from '../errors.ts';

/** Fills an array from a stream, which must hold exactly as many bytes; an endless one is cut off. */
export async function fill(into: Uint8Array, stream: ReadableStream<Uint8Array>, name: string): Promise<Uint8Array> {
  let filled = 0;
  await drain(stream, into.length, name, (chunk) => {
    into.set(chunk, filled);
    filled += chunk.length;
  });
  if (filled < into.length) throw lengthError(`ends after ${filled} of ${into.length} bytes`, name);
  return into;
}

/** Hands on every chunk of a stream; more than `limit` bytes in all are an error, and the stream is cancelled. */
export async function drain(
  stream: ReadableStream<Uint8Array>,
  limit: number,
  name: string,
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  const reader = stream.getReader();
  let total = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      total += value.length;
      if (total > limit) throw lengthError(`goes on after the ${limit} bytes it should have`, name);
      take(value);
    }
  } catch (cause) {
    reader.cancel().catch(() => {}); // The first error is the one to tell.
    if (cause instanceof LoadError) throw cause;
    throw new LoadError(`broke off after ${total} bytes`, { op: 'safetensors', where: name, cause });
  }
}

function lengthError(what: string, name: string): LoadError {
  return new LoadError(`the body ${what}`, { op: 'safetensors', where: name });
}

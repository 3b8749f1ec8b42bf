/** What a page offers beside WebAssembly; `platform.node.ts` is the twin for Node, Bun and Deno. */
import { type Compiled, compilePlainly } from './compiled.ts';
import type { Helper } from './crew.ts';

/** Bytes that were deflated and written as base64. */
export async function inflated(base64: string): Promise<Uint8Array> {
  const deflated = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Only Node can switch an instruction set on. */
export const relaxedByFlag = false;

/** As the engine does it: the flags that Node has are not to be had here. */
export function compileKernels(bytes: Uint8Array<ArrayBuffer>, _mayFlag: boolean): Promise<Compiled> {
  return compilePlainly(bytes);
}

/** Half of what the browser tells, which counts siblings of one core, and small cores, as cores. */
export function cores(): number {
  return Math.ceil((globalThis.navigator?.hardwareConcurrency ?? 1) / 2);
}

/** A script that does not load has no message. */
const refused = 'it did not load, which a Content-Security-Policy without worker-src blob: forbids';

/** Runs `serve(data)` of a script, once it is given, in a thread of its own. */
export function startHelper(script: string, failed: (why: string) => void): Helper {
  const url = URL.createObjectURL(new Blob([`${script}\nonmessage = ({ data }) => serve(data);`]));
  const worker = new Worker(url);
  worker.onerror = ({ message }) => failed(message ?? refused);
  return {
    give: (data) => worker.postMessage(data),
    stop: () => {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}

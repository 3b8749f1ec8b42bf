/** The variables of the project, where tests look for them. A `define` would set them for all projects. */
import { inject } from 'vitest';

Object.assign(globalThis, { process: { env: inject('env') } });

declare module 'vitest' {
  interface ProvidedContext {
    env: Record<string, string>;
  }
}

import { StateError } from '../errors.ts';
import type { ModelFiles } from '../hub/files.ts';
import { checkSignal } from './inputs.ts';

/**
 * Files that stay open after loading, until the model that reads them is disposed of. They have a signal of their own:
 * the caller's ends the loading, and must not end what comes long afterwards.
 */
export class HeldFiles {
  readonly #closing = new AbortController();
  readonly #loading?: AbortSignal;
  #files?: ModelFiles;

  constructor(loading?: AbortSignal) {
    checkSignal('load', loading);
    this.#loading = loading;
    if (loading?.aborted) this.#abort();
    loading?.addEventListener('abort', this.#abort);
  }

  /** Aborted when the files are closed: whoever waits for their bytes need not wait any more. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** From now on the files are the model's. */
  loaded(files: ModelFiles): void {
    this.#ignoreLoading();
    this.#files = files;
  }

  close(): void {
    this.#ignoreLoading();
    this.#closing.abort(new StateError('the model was disposed of while it was reading', { op: 'stream_encoder' }));
    this.#files?.close().catch(() => {}); // nothing was written, so nothing is lost
  }

  #ignoreLoading(): void {
    this.#loading?.removeEventListener('abort', this.#abort);
  }

  readonly #abort = (): void => this.#closing.abort(this.#loading?.reason);
}

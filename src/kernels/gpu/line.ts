/**
 * Work in the order in which it was asked for, one piece after the other. A piece keeps its failure for those who ask for
 * its result; the next one begins all the same.
 */
export class Line {
  #tail: Promise<void> = Promise.resolve();

  push(work: () => void | Promise<void>): void {
    this.#tail = this.#tail.then(work);
  }

  /** Resolves when all that was asked for so far is done. */
  done(): Promise<void> {
    return this.#tail;
  }
}

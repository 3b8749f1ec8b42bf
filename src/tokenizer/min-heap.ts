/** Numbers, smallest first: a binary heap with room fixed at the start. */
export class MinHeap {
  readonly #items: Float64Array;
  #size = 0;

  constructor(capacity: number) {
    this.#items = new Float64Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  push(item: number): void {
    const items = this.#items;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent] <= item) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = item;
  }

  /** The smallest; the heap must not be empty. */
  pop(): number {
    const items = this.#items;
    const top = items[0];
    const last = items[--this.#size];
    const firstLeaf = this.#size >> 1;
    let at = 0;
    while (at < firstLeaf) {
      let child = 2 * at + 1;
      if (child + 1 < this.#size && items[child + 1] < items[child]) child++;
      if (last <= items[child]) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = last;
    return top;
  }
}

/**
 * A prefix trie over strings, by UTF-16 units. Nodes are numbered breadth first, so the children of a node are
 * neighbours in order of their unit: three typed arrays hold all of it, and a step is one binary search.
 */
export class PieceTrie {
  readonly #unit: Uint16Array;
  /** Children of node n: [first[n], first[n + 1]). */
  readonly #first: Int32Array;
  readonly #id: Int32Array;
  /** The root has thousands of children: one look-up instead of a search; 0 is none. */
  readonly #fromRoot = new Int32Array(0x10000);

  /** Where a piece stands twice, the later id is kept. */
  constructor(pieces: readonly string[], ids: ArrayLike<number> = pieces.map((_, i) => i)) {
    const order = Array.from(pieces.keys()).sort((a, b) =>
      pieces[a] < pieces[b] ? -1 : pieces[a] > pieces[b] ? 1 : a - b,
    );
    const most = pieces.reduce((sum, piece) => sum + piece.length, 1);
    const unit = new Uint16Array(most);
    const first = new Int32Array(most + 1);
    const id = new Int32Array(most).fill(-1);
    // Node n stands for order[low[n]] … order[high[n] - 1], which share their first depth[n] units.
    const low = new Int32Array(most);
    const high = new Int32Array(most);
    const depth = new Int32Array(most);
    high[0] = order.length;
    let count = 1;
    for (let node = 0; node < count; node++) {
      let at = low[node];
      while (at < high[node] && pieces[order[at]].length === depth[node]) id[node] = ids[order[at++]];
      first[node] = count;
      while (at < high[node]) {
        const next = pieces[order[at]].charCodeAt(depth[node]);
        low[count] = at;
        while (at < high[node] && pieces[order[at]].charCodeAt(depth[node]) === next) at++;
        high[count] = at;
        depth[count] = depth[node] + 1;
        unit[count] = next;
        if (node === 0) this.#fromRoot[next] = count;
        count++;
      }
    }
    first[count] = count;
    this.#unit = unit.slice(0, count);
    this.#first = first.slice(0, count + 1);
    this.#id = id.slice(0, count);
  }

  /** The node one unit further, or 0; the walk begins at node 0. */
  step(node: number, unit: number): number {
    if (node === 0) return this.#fromRoot[unit];
    let low = this.#first[node];
    let high = this.#first[node + 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#unit[middle] < unit) low = middle + 1;
      else high = middle;
    }
    return low < this.#first[node + 1] && this.#unit[low] === unit ? low : 0;
  }

  /** The id of the piece that ends at this node, or -1. */
  idAt(node: number): number {
    return this.#id[node];
  }

  /** Length of the longest piece that text has at `at`, or 0. */
  longest(text: string, at: number): number {
    let found = 0;
    for (let i = at, node = 0; i < text.length; ) {
      node = this.step(node, text.charCodeAt(i++));
      if (node === 0) break;
      if (this.#id[node] >= 0) found = i - at;
    }
    return found;
  }
}

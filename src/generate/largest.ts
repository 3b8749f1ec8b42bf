/**
 * Positions of the k largest numbers, best first; of equal ones the earlier first. All positions where k exceeds them.
 *
 * Numerics  exact comparisons, O(n log k); −∞ is a number like any other, NaN is not allowed
 */
export function largest(values: ArrayLike<number>, k: number): Int32Array {
  const size = Math.min(k, values.length);
  const heap = new Int32Array(size); // the worst of those kept on top
  const worse = (a: number, b: number): boolean => values[a] < values[b] || (values[a] === values[b] && a > b);
  const sink = (at: number, end: number): void => {
    const moving = heap[at];
    for (;;) {
      let child = 2 * at + 1;
      if (child >= end) break;
      if (child + 1 < end && worse(heap[child + 1], heap[child])) child++;
      if (!worse(heap[child], moving)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = moving;
  };
  for (let i = 0; i < size; i++) heap[i] = i;
  for (let at = (size >> 1) - 1; at >= 0; at--) sink(at, size);
  for (let i = size; i < values.length; i++) {
    if (values[i] > values[heap[0]]) {
      heap[0] = i;
      sink(0, size);
    }
  }
  for (let end = size - 1; end > 0; end--) {
    const worst = heap[0];
    heap[0] = heap[end];
    heap[end] = worst;
    sink(0, end);
  }
  return heap;
}

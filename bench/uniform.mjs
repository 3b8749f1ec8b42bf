/** Uniform numbers of standard deviation `scale`, the same for the same seed. */
export function uniform(size, scale, seed) {
  const data = new Float32Array(size);
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = (state / 2 ** 31 - 1) * Math.sqrt(3) * scale;
  }
  return data;
}

/**
 * Source text that finds its way through tensors of many axes. A kernel knows its column and its row; `unfold` takes each
 * apart into the indices of the axes behind it, and `at` puts them together as the row or column of what it reads.
 *
 * Numerics  indices are whole numbers below 2²⁴, exact in float32. (i + ½) / n is never near a whole number, so the floor is
 *           right also where a GPU's division is off by some of its last bits
 */

/** Index variables by axis; '0' for an axis of one entry. */
export interface Unfolded {
  readonly code: string;
  readonly names: readonly string[];
}

/** Takes `from` apart: an index along axes of these sizes, the last one fastest. */
export function unfold(from: string, sizes: readonly number[], prefix: string): Unfolded {
  const long = sizes.flatMap((size, i) => (size === 1 ? [] : [i]));
  const names = sizes.map((size, i) => (size === 1 ? '0' : `${prefix}${i}`));
  let [code, rest] = ['', from];
  for (const [n, i] of long.entries()) {
    if (n === long.length - 1) {
      code += `const ${names[i]} = ${rest}; `;
      break;
    }
    const step = sizes.slice(i + 1).reduce((product, size) => product * size, 1);
    code += `const ${names[i]} = Math.floor((${rest} + 0.5) / ${step}); const ${prefix}r${i} = ${rest} - ${names[i]} * ${step}; `;
    rest = `${prefix}r${i}`;
  }
  return { code, names };
}

/** Σ index · step + offset. */
export function at(terms: readonly (readonly [name: string, step: number])[], offset: number | string = 0): string {
  const parts = terms.filter(([name, step]) => name !== '0' && step !== 0);
  const text = parts.map(([name, step]) => (step === 1 ? name : `${name} * ${step}`));
  if (offset !== 0 || text.length === 0) text.push(String(offset));
  return text.join(' + ');
}

export const row = 'this.thread.y';
export const column = 'this.thread.x';

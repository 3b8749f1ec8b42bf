/** Runs a model the ways a golden asks for, and compares every tensor the golden has. */
import { expect, it } from 'vitest';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { goldenTensors } from '../generate/goldens.ts';
import { boundOf, compareTensor, type Tally } from './compare.ts';
import type { GoldenFolder } from './walk.ts';

/** What one way of running gave, by the names of the golden's tensors, their last part. */
export interface Pass {
  readonly values: Readonly<Record<string, Tensor | undefined>>;
  /** Rows of a tensor that count, [B][T]; all of them where there is nothing. */
  readonly real?: (name: string) => number[][] | undefined;
}

export type Passes = Readonly<Record<string, () => Promise<Pass>>>;

/** One test a group of tensors: `decoder/right/logits` belongs to the pass `decoder/right`. */
export function comparePasses({ path, golden }: GoldenFolder, tally: Tally, passes: Passes): void {
  const tensors = Object.entries(golden.tensors ?? {});
  const wanted = goldenTensors(path);
  const groupOf = (name: string) => name.slice(0, name.lastIndexOf('/'));
  const groups = new Set(tensors.map(([name]) => groupOf(name)));
  groups.delete('input');
  for (const group of groups) {
    const members = tensors.filter(([name]) => groupOf(name) === group);
    it(`${group}: ${members.length} tensors`, async () => {
      tally.cases++;
      if (passes[group] === undefined) throw new Error(`unknown group of tensors "${group}/…" in ${path}`);
      const { values, real } = await passes[group]();
      for (const [name, about] of members) {
        const last = name.slice(group.length + 1);
        const got = values[last];
        const want = (await wanted).get(name);
        if (got === undefined || want === undefined) throw new Error(`unknown tensor "${name}" in ${path}`);
        const bound = strictest(name, golden, boundOf(about));
        await compareTensor(tally, got, want, { shape: about.shape, bound, real: real?.(last) });
      }
    });
  }
  it('every tensor of the file is named in golden.json', async () => {
    expect([...(await wanted).keys()].sort()).toEqual(tensors.map(([name]) => name).sort());
  });
}

/** Logits are held to 1e-5 of their spread, too. */
function strictest(name: string, { logits_std = Infinity }: GoldenFolder['golden'], bound: number): number {
  return name.endsWith('/logits') ? Math.min(bound, 1e-5 * logits_std) : bound;
}

/** `{ 'attentions.0': …, 'attentions.1': … }` */
export function numbered(name: string, tensors: readonly Tensor[] = []): Record<string, Tensor> {
  return Object.fromEntries(tensors.map((tensor, i) => [`${name}.${i}`, tensor]));
}

/** An encoder whose weights stay in their file: one block at a time, and of the token table the rows of a prompt. */
import type { Tensor } from '../tensor/tensor.ts';
import type { T5Block, T5Ends } from './t5.ts';
import {
  besideEncoder,
  readT5Block,
  readT5Ends,
  type T5Config,
  tableCopies,
  takeTable,
  tokenTable,
} from './t5-weights.ts';
import { type Loaded, readAll, readPlanned, type StoredSource, type WeightPlan } from './weight-source.ts';

export interface StoredT5Encoder {
  readonly ends: T5Ends;
  readonly nLayers: number;
  /** Brings rows of the token table into memory; what comes puts them onto the backend [U D], in the order of the ids. */
  fetchTokens(ids: readonly number[]): Promise<() => Promise<Tensor>>;
  /** The same of a block. */
  fetchBlock(layer: number): Promise<() => Promise<Loaded<T5Block>>>;
}

/** Reads what is beside the blocks. All else is checked as `loadT5Encoder` does, so that no prompt meets a wrong file. */
export function openT5Encoder(source: StoredSource, c: T5Config): Promise<Loaded<StoredT5Encoder>> {
  return readAll(source, async (reader) => {
    const table = tokenTable(reader);
    const { requests } = await reader.plan((other) => takeTable(other, table, c));
    const blocks: WeightPlan[] = [];
    for (let i = 0; i < c.nLayers; i++) {
      blocks.push(await reader.plan((other) => readT5Block(other, c, 'encoder', i)));
    }
    const ends = await readT5Ends(reader, c, 'encoder');
    reader.skip(tableCopies);
    reader.skip(besideEncoder);
    return {
      ends,
      nLayers: c.nLayers,
      fetchTokens: (ids) => source.fetchRows(requests[0], ids),
      fetchBlock: async (layer) => {
        const fetched = await source.fetch(blocks[layer].requests);
        return () => readPlanned(fetched, blocks[layer], (other) => readT5Block(other, c, 'encoder', layer));
      },
    };
  });
}

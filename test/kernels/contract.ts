/**
 * What every backend must do, run on each of them: `opContract('wasm', () => new WasmBackend(…), 'float32')`.
 *
 * Laws that hold bit for bit are tested bit for bit; the others within a bound derived from the arithmetic.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import type { Backend } from '../../src/tensor/backend.ts';
import { activationContract } from './contract/activations.ts';
import { attentionContract } from './contract/attention.ts';
import { type Arithmetic, Lab, type Without } from './contract/lab.ts';
import { moveContract } from './contract/move.ts';
import { normContract } from './contract/norms.ts';
import { pickContract } from './contract/pick.ts';
import { productContract } from './contract/products.ts';
import { sharingContract } from './contract/sharing.ts';
import { softmaxContract } from './contract/softmax.ts';
import { tableContract } from './contract/tables.ts';

export function opContract(
  name: string,
  make: () => Backend | Promise<Backend>,
  arithmetic: Arithmetic,
  without: Without = {},
): void {
  describe(`every op on ${name}`, () => {
    let lab: Lab;
    beforeAll(async () => {
      lab = new Lab(await make(), arithmetic);
    });
    afterAll(() => lab.backend.dispose());
    const areas = [
      productContract,
      softmaxContract,
      normContract,
      activationContract,
      attentionContract,
      tableContract,
      moveContract,
      pickContract,
      sharingContract,
    ];
    for (const area of areas) area(() => lab, without);
  });
}

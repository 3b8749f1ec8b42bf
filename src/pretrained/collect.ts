import type { Observer } from '../models/run.ts';
import type { Tensor } from '../tensor/tensor.ts';

/**
 * Hidden states and attentions of every layer, taken from the taps of one pass: the values that the embedding, every
 * layer and the final norm hand on, and each layer's pattern.
 */
export class Collector implements Observer {
  readonly hiddenStates: Tensor[] = [];
  readonly attentions: Tensor[] = [];
  readonly crossAttentions: Tensor[] = [];
  readonly #hidden: RegExp | undefined;
  readonly #pattern: RegExp | undefined;
  readonly #cross: RegExp | undefined;

  /** `stack` is 'encoder' or 'decoder'; `final` the tap of its last norm. */
  constructor(
    stack: string,
    final: string,
    { hiddenStates, attentions }: { hiddenStates: boolean; attentions: boolean },
  ) {
    if (hiddenStates)
      this.#hidden = new RegExp(`^${stack}\\.(blocks\\.\\d+\\.resid_pre|${final.replaceAll('.', '\\.')})$`);
    if (attentions) {
      this.#pattern = new RegExp(`^${stack}\\.blocks\\.\\d+\\.attn\\.pattern$`);
      this.#cross = new RegExp(`^${stack}\\.blocks\\.\\d+\\.cross_attn\\.pattern$`);
    }
  }

  tap(name: string, value: Tensor): undefined {
    if (this.#hidden?.test(name)) this.hiddenStates.push(value);
    else if (this.#pattern?.test(name)) this.attentions.push(value);
    else if (this.#cross?.test(name)) this.crossAttentions.push(value);
  }

  wants(): boolean {
    return false;
  }
}

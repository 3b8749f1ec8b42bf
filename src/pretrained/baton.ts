import type { Baton as Handed } from '../models/llm-to-slm.ts';
import type { Mask } from '../models/padding.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** A prompt that was read: what the large model hands over. Reusable; the large model is not run again. */
export class Baton implements Handed {
  readonly hidden?: Tensor;
  readonly projected?: Tensor;
  readonly prompt: Tensor;
  /** Padding of the prompt, one row a sequence. */
  readonly mask: Mask;

  constructor({ hidden, projected, prompt }: Handed, mask: Mask) {
    this.hidden = hidden;
    this.projected = projected;
    this.prompt = prompt;
    this.mask = mask;
  }

  dispose(): void {
    for (const tensor of [this.hidden, this.projected, this.prompt]) tensor?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

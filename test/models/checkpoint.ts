/** Checkpoints in memory: the tensors that Hugging Face would save for a config, filled with random numbers. */
import { WeightError } from '../../src/errors.ts';
import { random } from '../../src/generate/random.ts';
import type { WeightRequest, WeightSource } from '../../src/models/weight-source.ts';
import { codingFor } from '../../src/pretrained/resident.ts';
import type { Backend } from '../../src/tensor/backend.ts';
import type { QuantisedDtype } from '../../src/tensor/dtype.ts';
import { keep } from '../../src/tensor/scope.ts';
import { type Shape, sameShape, sizeOf } from '../../src/tensor/shape.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { quantise, upload } from '../../src/tensor/upload.ts';
import type { Gpt2Json, T5Json } from './configs.ts';

export type Shapes = Map<string, Shape>;

export function gpt2Shapes({
  n_embd: D,
  n_layer,
  n_positions,
  vocab_size: V,
  n_inner,
  tie_word_embeddings,
}: Gpt2Json): Shapes {
  const F = n_inner ?? 4 * D;
  const shapes: Shapes = new Map([
    ['transformer.wte.weight', [V, D]],
    ['transformer.wpe.weight', [n_positions, D]],
    ['transformer.ln_f.weight', [D]],
    ['transformer.ln_f.bias', [D]],
  ]);
  const pair = (name: string, ...shape: number[]) => {
    shapes.set(`${name}.weight`, shape).set(`${name}.bias`, shape.slice(-1));
  };
  for (let i = 0; i < n_layer; i++) {
    const h = `transformer.h.${i}`;
    pair(`${h}.ln_1`, D);
    pair(`${h}.attn.c_attn`, D, 3 * D);
    pair(`${h}.attn.c_proj`, D, D);
    pair(`${h}.ln_2`, D);
    pair(`${h}.mlp.c_fc`, D, F);
    pair(`${h}.mlp.c_proj`, F, D);
  }
  if (!tie_word_embeddings) shapes.set('lm_head.weight', [V, D]);
  return shapes;
}

export function t5Shapes(c: T5Json): Shapes {
  const { d_model: D, d_ff: F, vocab_size: V, num_heads: H } = c;
  const A = H * c.d_kv;
  const shapes: Shapes = new Map([['shared.weight', [V, D]]]);
  const attention = (name: string) => {
    for (const part of 'qkv') shapes.set(`${name}.${part}.weight`, [A, D]);
    shapes.set(`${name}.o.weight`, [D, A]);
  };
  const stack = (name: 'encoder' | 'decoder', layers: number) => {
    for (let i = 0; i < layers; i++) {
      const block = `${name}.block.${i}.layer`;
      const kinds = name === 'encoder' ? ['SelfAttention'] : ['SelfAttention', 'EncDecAttention'];
      kinds.forEach((kind, j) => {
        attention(`${block}.${j}.${kind}`);
      });
      const mlp = `${block}.${kinds.length}.DenseReluDense`;
      for (const wi of c.feed_forward_proj.startsWith('gated-') ? ['wi_0', 'wi_1'] : ['wi'])
        shapes.set(`${mlp}.${wi}.weight`, [F, D]);
      shapes.set(`${mlp}.wo.weight`, [D, F]);
      for (let j = 0; j <= kinds.length; j++) shapes.set(`${block}.${j}.layer_norm.weight`, [D]);
    }
    const bias = `${name}.block.0.layer.0.SelfAttention.relative_attention_bias.weight`;
    shapes.set(bias, [c.relative_attention_num_buckets, H]).set(`${name}.final_layer_norm.weight`, [D]);
  };
  stack('encoder', c.num_layers);
  stack('decoder', c.num_decoder_layers);
  if (!c.tie_word_embeddings) shapes.set('lm_head.weight', [V, D]);
  return shapes;
}

/** Projector of hidden width P, and the layer that fits prompt embeddings where the small model has no table for them. */
export function bridgeShapes(dLlm: number, dSlm: number, P: number, ownTable: boolean): Shapes {
  const shapes: Shapes = new Map();
  const dense = (name: string, out: number, from: number) => {
    shapes.set(`${name}.weight`, [out, from]).set(`${name}.bias`, [out]);
  };
  dense('projector.0', P, dLlm);
  dense('projector.2', dSlm, P);
  if (!ownTable) dense('prompt_embedding', dSlm, dLlm);
  return shapes;
}

/** Which numbers the tensors hold: random ones, but for these. */
export interface Filling {
  readonly seed?: number;
  /** Tensors of zeros. */
  readonly zero?: RegExp;
  readonly given?: Readonly<Record<string, readonly number[]>>;
  /** Matrices quantised, as a checkpoint would have them with this dtype. */
  readonly quantised?: QuantisedDtype;
}

/** A checkpoint of these tensors. Their numbers follow from the seed and the name alone, whatever else is there. */
export class MemorySource implements WeightSource {
  readonly name = 'memory';
  readonly #shapes: Shapes;
  readonly #backend: Backend;
  readonly #filling: Filling;

  constructor(shapes: Shapes, backend: Backend, filling: Filling = {}) {
    this.#shapes = shapes;
    this.#backend = backend;
    this.#filling = filling;
  }

  names(): Iterable<string> {
    return this.#shapes.keys();
  }

  shape(name: string): Shape | undefined {
    return this.#shapes.get(name);
  }

  unread({ name, shape }: WeightRequest): Tensor {
    const stored = this.#shapes.get(name) ?? [];
    if (!sameShape(stored, shape)) throw new WeightError(`weight "${name}" must be [${shape}], got [${stored}]`);
    return keep(upload(this.#backend, new Float32Array(), { dtype: 'F32', shape: [0], label: name }));
  }

  async *load(requests: readonly WeightRequest[]): AsyncGenerator<Tensor, void> {
    for (const request of requests) yield this.#made(request);
  }

  #made(request: WeightRequest): Tensor {
    const { name, shape, use } = request;
    const data = numbers(name, shape, this.#filling);
    const spec = { dtype: 'F32', shape, label: name } as const;
    const dtype = codingFor(request, this.#filling.quantised ?? 'F32');
    if (dtype !== undefined) return keep(quantise(this.#backend, data, { ...spec, dtype }, use));
    return keep(upload(this.#backend, data, spec, use));
  }

  async same(a: string, b: string): Promise<boolean> {
    return a === b;
  }
}

/** Sums over the last axis stay near 1; norm gains are near 1; tables and biases are of that size, too. */
function numbers(name: string, shape: Shape, { seed = 0, zero, given }: Filling): Float32Array {
  const data = new Float32Array(sizeOf(shape));
  if (given?.[name] !== undefined) return Float32Array.from(given[name]);
  if (zero?.test(name)) return data;
  const draw = random(seed, hash(name));
  const isNorm = /(ln_\w+|layer_norm)\.weight$/.test(name);
  const isTable = /(wte|wpe|shared|relative_attention_bias)\.weight$/.test(name);
  const size = isTable || shape.length < 2 ? 1 : 2 / Math.sqrt(Math.min(...shape));
  return data.map(() => (isNorm ? 1 : 0) + size * (2 * draw.coin() - 1));
}

function hash(text: string): number {
  let h = 0;
  for (const char of text) h = (Math.imul(h, 31) + char.charCodeAt(0)) >>> 0;
  return h;
}

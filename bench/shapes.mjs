/** Public configs whose shapes are measured; their weights are random. Source: config.json of each model on the Hub. */
const gpt2 = {
  model_type: 'gpt2',
  architectures: ['GPT2LMHeadModel'],
  activation_function: 'gelu_new',
  n_positions: 1024,
};
const gpt2Small = {
  ...gpt2,
  vocab_size: 50257,
  n_embd: 768,
  n_layer: 12,
  n_head: 12,
  bos_token_id: 50256,
  eos_token_id: 50256,
};
const t5 = { model_type: 't5', architectures: ['T5ForConditionalGeneration'], vocab_size: 32128, d_kv: 64 };

export const shapes = {
  gpt2: gpt2Small,
  'gpt2-layer': { ...gpt2Small, n_layer: 1 }, // every size of linear layer that GPT-2 has
  tiny: { ...gpt2, vocab_size: 101, n_embd: 16, n_layer: 1, n_head: 2 }, // to try what is offered
  't5-small': { ...t5, d_model: 512, d_ff: 2048, num_layers: 6, num_heads: 8, feed_forward_proj: 'relu' },
  't5-base': { ...t5, d_model: 768, d_ff: 3072, num_layers: 12, num_heads: 12, feed_forward_proj: 'relu' },
  't5-large': { ...t5, d_model: 1024, d_ff: 4096, num_layers: 24, num_heads: 16, feed_forward_proj: 'relu' },
  't5-3b': { ...t5, d_model: 1024, d_kv: 128, d_ff: 16384, num_layers: 24, num_heads: 32, feed_forward_proj: 'relu' },
  't5-11b': { ...t5, d_model: 1024, d_kv: 128, d_ff: 65536, num_layers: 24, num_heads: 128, feed_forward_proj: 'relu' },
  't5-xxl': {
    ...t5,
    d_model: 4096,
    d_ff: 10240,
    num_layers: 24,
    num_heads: 64,
    feed_forward_proj: 'gated-gelu',
    tie_word_embeddings: false,
  },
};

/** Name → shape of every tensor a checkpoint of this config holds. */
export function tensorsOf(config) {
  return config.model_type === 'gpt2' ? gpt2Tensors(config) : t5Tensors(config);
}

function gpt2Tensors({ vocab_size: V, n_positions, n_embd: D, n_layer }) {
  const tensors = { 'wte.weight': [V, D], 'wpe.weight': [n_positions, D], 'ln_f.weight': [D], 'ln_f.bias': [D] };
  for (let i = 0; i < n_layer; i++) {
    const linear = {
      'attn.c_attn': [D, 3 * D],
      'attn.c_proj': [D, D],
      'mlp.c_fc': [D, 4 * D],
      'mlp.c_proj': [4 * D, D],
    };
    for (const [name, shape] of Object.entries(linear)) {
      tensors[`h.${i}.${name}.weight`] = shape;
      tensors[`h.${i}.${name}.bias`] = [shape[1]];
    }
    for (const ln of ['ln_1', 'ln_2']) for (const part of ['weight', 'bias']) tensors[`h.${i}.${ln}.${part}`] = [D];
  }
  return tensors;
}

function t5Tensors({ vocab_size, d_model: D, d_kv, d_ff: F, num_layers, num_heads: H, ...rest }) {
  const tensors = { 'shared.weight': [vocab_size, D] };
  if (rest.tie_word_embeddings === false) tensors['lm_head.weight'] = [vocab_size, D];
  const inward = rest.feed_forward_proj.startsWith('gated-') ? ['wi_0', 'wi_1'] : ['wi'];
  const attention = (prefix) => {
    for (const name of ['q', 'k', 'v']) tensors[`${prefix}.${name}.weight`] = [H * d_kv, D];
    tensors[`${prefix}.o.weight`] = [D, H * d_kv];
  };
  for (const stack of ['encoder', 'decoder']) {
    for (let i = 0; i < num_layers; i++) {
      const layer = (j) => `${stack}.block.${i}.layer.${j}`;
      const last = stack === 'encoder' ? 1 : 2;
      for (let j = 0; j <= last; j++) tensors[`${layer(j)}.layer_norm.weight`] = [D];
      attention(`${layer(0)}.SelfAttention`);
      if (stack === 'decoder') attention(`${layer(1)}.EncDecAttention`);
      for (const wi of inward) tensors[`${layer(last)}.DenseReluDense.${wi}.weight`] = [F, D];
      tensors[`${layer(last)}.DenseReluDense.wo.weight`] = [D, F];
    }
    tensors[`${stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight`] = [32, H];
    tensors[`${stack}.final_layer_norm.weight`] = [D];
  }
  return tensors;
}

/**
 * Every value that an observer is offered: its name, its shape, what it is, and which models have it. A test holds this
 * table against what tiny models really offer, and `docs/taps.md` against this table.
 *
 * N prompt tokens · T new tokens · S = past + T · D width of the stack · H heads · E head size · F feed-forward width ·
 * V vocabulary · P hidden width of the projector · D_slm width of the small model      (leading B: batch, left out)
 */

/** What a tap belongs to. A hybrid has the encoder, the bridge, and its small model's decoder. */
export type TapPart = 'T5 encoder' | 'bridge' | 'GPT-2' | 'T5 decoder' | 'generation';

export interface TapEntry {
  /** With `i` for the layer. */
  readonly name: string;
  /** Axes behind the batch; empty for one number a row. */
  readonly shape: string;
  readonly says: string;
  readonly parts: readonly TapPart[];
  /** Where it is not offered in every pass: when it is. */
  readonly when?: string;
}

type Row = readonly [name: string, shape: string, says: string, when?: string];

const anyDecoder: readonly TapPart[] = ['GPT-2', 'T5 decoder'];
const once = 'once a prompt: in the first pass of a cache';
const gated = 'v1.1 and Flan';

/** What all three stacks offer in a block, up to its attention; T tokens attend to S. */
const attentionRows = (T: string, S: string): Row[] => [
  ['resid_pre', `${T} D`, 'the residual stream as it enters the block'],
  ['ln1.scale', `${T} 1`, 'what the norm before attention divides by'],
  ['ln1.normalized', `${T} D`, 'what attention reads'],
  ['attn.q', `H ${T} E`, 'queries of the new tokens'],
  ['attn.k', `H ${T} E`, 'keys of the new tokens'],
  ['attn.v', `H ${T} E`, 'values of the new tokens'],
  ['attn.scores', `H ${T} ${S}`, 'how well each query fits each key, before bias and mask; GPT-2: divided by √E'],
  ['attn.pattern', `H ${T} ${S}`, 'softmax of the scores: each row sums to 1, masked places are 0'],
  ['attn.z', `H ${T} E`, 'each head’s mixture of values'],
  ['attn_out', `${T} D`, 'what attention adds to the stream'],
  ['resid_mid', `${T} D`, 'the stream behind self-attention'],
];

/** What all three stacks offer in a block from its feed-forward part on. */
const mlpRows = (T: string): Row[] => [
  ['ln2.scale', `${T} 1`, 'what the norm before the feed-forward part divides by'],
  ['ln2.normalized', `${T} D`, 'what the feed-forward part reads'],
  ['mlp.pre', `${T} F`, 'the widened stream, before the activation'],
  ['mlp.post', `${T} F`, 'the same after the activation, and times the gate where there is one'],
  ['mlp_out', `${T} D`, 'what the feed-forward part adds to the stream'],
  ['resid_post', `${T} D`, 'the stream as it leaves the block'],
];

const bias = (T: string, S: string): Row => [
  'attn.bias',
  `H ${T} ${S}`,
  'what the distance of two positions adds to their score; the same in all layers',
];
const gate = (T: string): Row => ['mlp.gate', `${T} F`, 'what the activated branch is multiplied by', gated];

const cacheRows: readonly Row[] = [
  ['attn.cache.k', 'H S E', 'keys of all positions so far'],
  ['attn.cache.v', 'H S E', 'values of all positions so far'],
];

const crossRows: readonly Row[] = [
  ['ln_cross.scale', 'T 1', 'what the norm before cross-attention divides by'],
  ['ln_cross.normalized', 'T D', 'what cross-attention reads'],
  ['cross_attn.q', 'H T E', 'queries of the new tokens'],
  ['cross_attn.k', 'H N E', 'keys of the prompt', once],
  ['cross_attn.v', 'H N E', 'values of the prompt', once],
  ['cross_attn.scores', 'H T N', 'how well each query fits each prompt token'],
  ['cross_attn.pattern', 'H T N', 'softmax of the scores over the prompt'],
  ['cross_attn.z', 'H T E', 'each head’s mixture of prompt values'],
  ['cross_out', 'T D', 'what cross-attention adds to the stream'],
  ['resid_cross', 'T D', 'the stream behind cross-attention'],
];

const bridgeRows: readonly Row[] = [
  ['projector.pre', 'N P', 'H in the projector, before its ReLU', 'fusion add and replace'],
  ['projector.post', 'N P', 'the same after the ReLU', 'fusion add and replace'],
  ['projector.out', 'N D_slm', 'Z: what the large model read, in the small model’s width', 'fusion add and replace'],
  ['fuse.tokens', 'N D_slm', 'E_X: the prompt as the small model alone would embed it'],
  ['fuse.features', 'N D_slm', 'Z as it joins the prompt', 'fusion add and replace'],
  ['fuse.sum', 'N D_slm', 'X_in: what the small model reads of the prompt'],
];

const sampleRows: readonly Row[] = [
  ['sample.scaled', 'V', 'the next token’s scores after penalties and temperature; of beams log-probabilities'],
  ['sample.kept', 'V', 'the same after the cuts: what may not be chosen is −∞'],
  ['sample.probs', 'V', 'probabilities of what is kept', 'no beams'],
  ['sample.coin', '', 'the number in [0, 1) that decides', 'sampling without beams'],
  ['sample.choice', '', 'the token taken', 'no beams'],
];

/** Every tap there is. */
export const tapCatalogue: readonly TapEntry[] = [
  ...entries('encoder.', ['T5 encoder'], [['embed', 'N D', 'embeddings of the prompt’s tokens']]),
  ...entries(
    'encoder.blocks.i.',
    ['T5 encoder'],
    [...attentionRows('N', 'N'), bias('N', 'N'), ...mlpRows('N'), gate('N')],
  ),
  ...entries('encoder.', ['T5 encoder'], [['final_norm', 'N D', 'H: what the encoder read, after the final norm']]),
  ...entries('', ['bridge'], bridgeRows),
  ...entries('decoder.', anyDecoder, [['embed', 'T D', 'embeddings of the new tokens; of a hybrid’s prompt X_in']]),
  ...entries('decoder.', ['GPT-2'], [['pos_embed', 'T D', 'embeddings of their positions']]),
  ...entries('decoder.blocks.i.', anyDecoder, [...attentionRows('T', 'S'), ...cacheRows]),
  ...entries('decoder.blocks.i.', ['T5 decoder'], [bias('T', 'S'), ...crossRows]),
  ...entries('decoder.blocks.i.', anyDecoder, mlpRows('T')),
  ...entries('decoder.blocks.i.', ['T5 decoder'], [gate('T')]),
  ...entries('decoder.ln_final.', anyDecoder, [
    ['scale', 'T 1', 'what the final norm divides by'],
    ['normalized', 'T D', 'the last hidden state, after the final norm'],
  ]),
  ...entries('decoder.', anyDecoder, [['logits', 'T V', 'scores of the token that follows each position']]),
  ...entries('', ['generation'], sampleRows),
];

function entries(prefix: string, parts: readonly TapPart[], rows: readonly Row[]): TapEntry[] {
  return rows.map(([name, shape, says, when]) => ({
    name: prefix + name,
    shape,
    says,
    parts,
    ...(when !== undefined && { when }),
  }));
}

/** The entry of a tap by its full name; the small model's own encoder, in a hybrid of two T5, offers what an encoder does. */
export function tapEntry(name: string): TapEntry | undefined {
  const pattern = name.replace(/^slm_encoder\./, 'encoder.').replace(/\.blocks\.\d+\./, '.blocks.i.');
  return tapCatalogue.find((entry) => entry.name === pattern);
}

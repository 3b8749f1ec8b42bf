/**
 * GGUF as GPT-2 needs it: values, fields and formats of numbers.
 * Source: docs/gguf.md of ggml (layout); ggml-common.h (block_q8_0)
 */
export const ALIGNMENT = 32;
const [U32, I32, F32, STRING, ARRAY] = [4, 5, 6, 8, 9];
/**
 * By format: number of the tensor type, number of the file type, bytes of a run of 32 numbers, and how they are written.
 * `toF16` makes the bits of halves out of floats.
 */
export const formatsWith = (toF16) => ({
  f32: {
    type: 0,
    file: 0,
    bytes: 128,
    write: ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  },
  f16: { type: 1, file: 1, bytes: 64, write: (floats) => new Uint8Array(toF16(floats).buffer) },
  q8_0: { type: 8, file: 7, bytes: 34, write: (floats) => blocks(floats, toF16) },
});

/** Blocks of 32: a scale in F16, then 32 whole numbers of −127 to 127. */
function blocks(floats, toF16) {
  const bytes = new Uint8Array((floats.length / 32) * 34);
  const view = new DataView(bytes.buffer);
  for (let block = 0, at = 0; at < bytes.length; block++, at += 34) {
    const values = floats.subarray(32 * block, 32 * block + 32);
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
    view.setUint16(at, toF16(Float32Array.of(scale))[0], true);
    for (let i = 0; i < 32; i++) view.setInt8(at + 2 + i, scale === 0 ? 0 : Math.round(values[i] / scale));
  }
  return bytes;
}

export const u32 = (value) => Buffer.from(Uint32Array.of(value).buffer);
export const u64 = (value) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
export const text = (value) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
const values = {
  [U32]: u32,
  [I32]: (value) => Buffer.from(Int32Array.of(value).buffer),
  [F32]: (value) => Buffer.from(Float32Array.of(value).buffer),
  [STRING]: text,
};
const field = (name, type, value) => Buffer.concat([text(name), u32(type), values[type](value)]);
const listed = (name, type, items) =>
  Buffer.concat([text(name), u32(ARRAY), u32(type), u64(items.length), ...items.map(values[type])]);

/** What llama.cpp has to know of GPT-2; `file` is the number of the file type. The vocabulary is made up. */
export function fields({ n_layer, n_positions, n_embd, n_head, vocab_size, eos_token_id }, file) {
  const tokens = Array.from({ length: vocab_size }, (_, id) => (id < 256 ? byteCharacter(id) : `t${id}`));
  const kinds = tokens.map((_, id) => (id === eos_token_id ? 3 : 1)); // control, normal
  return [
    field('general.architecture', STRING, 'gpt2'),
    field('general.file_type', U32, file),
    field('gpt2.block_count', U32, n_layer),
    field('gpt2.context_length', U32, n_positions),
    field('gpt2.embedding_length', U32, n_embd),
    field('gpt2.feed_forward_length', U32, 4 * n_embd),
    field('gpt2.attention.head_count', U32, n_head),
    field('gpt2.attention.layer_norm_epsilon', F32, 1e-5),
    field('tokenizer.ggml.model', STRING, 'gpt2'),
    field('tokenizer.ggml.pre', STRING, 'gpt-2'),
    listed('tokenizer.ggml.tokens', STRING, tokens),
    listed('tokenizer.ggml.token_type', I32, kinds),
    listed('tokenizer.ggml.merges', STRING, ['t 1']),
    field('tokenizer.ggml.bos_token_id', U32, eos_token_id),
    field('tokenizer.ggml.eos_token_id', U32, eos_token_id),
  ];
}

/** The character that stands for a byte in GPT-2's vocabulary: itself where it can be seen, else one from 256 on. */
function byteCharacter(byte) {
  const seen = (b) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  if (seen(byte)) return String.fromCodePoint(byte);
  return String.fromCodePoint(256 + Array.from({ length: byte }, (_, b) => b).filter((b) => !seen(b)).length);
}

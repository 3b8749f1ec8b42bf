/** llama.cpp's formats of numbers, by their definition. */
import { describe, expect, it } from 'vitest';
import { fields, formatsWith } from '../../bench/gguf/format.mjs';
import { shapes } from '../../bench/shapes.mjs';
import { f32ToF16 } from '../../src/tensor/half.ts';

describe('formatsWith', () => {
  const { f32, f16, q8_0 } = formatsWith(f32ToF16);

  it('writes q8_0 as a scale of the largest over 127, then whole numbers, block by block', () => {
    const floats = new Float32Array(64);
    floats.set([-254, 2, 3, 127]); // scale 2
    const bytes = q8_0.write(floats);
    expect(bytes).toHaveLength(2 * q8_0.bytes);
    expect([...bytes.subarray(0, 2)]).toEqual([0x00, 0x40]); // 2 in F16
    expect([...new Int8Array(bytes.buffer, 2, 5)]).toEqual([-127, 1, 2, 64, 0]);
    expect(bytes.subarray(34).every((byte) => byte === 0)).toBe(true);
  });

  it('writes floats as they are, or their halves', () => {
    const floats = new Float32Array(64).fill(1).subarray(32);
    expect(Buffer.from(f32.write(floats)).readFloatLE(0)).toBe(1);
    expect(f32.write(floats)).toHaveLength(f32.bytes);
    expect([...f16.write(floats).subarray(0, 2)]).toEqual([0x00, 0x3c]);
    expect(f16.write(floats)).toHaveLength(f16.bytes);
  });
});

describe('fields', () => {
  it('names every id once, bytes by the characters that stand for them', () => {
    const tokens = fields({ ...shapes.gpt2, vocab_size: 258, eos_token_id: 257 }, 0).find((each) =>
      each.includes('tokenizer.ggml.tokens'),
    );
    if (tokens === undefined) throw new Error('no tokens');
    const words: string[] = [];
    for (let at = 8 + 'tokenizer.ggml.tokens'.length + 16; at < tokens.length; ) {
      const length = Number(tokens.readBigUInt64LE(at));
      words.push(tokens.toString('utf8', at + 8, at + 8 + length));
      at += 8 + length;
    }
    expect(new Set(words).size).toBe(258);
    expect([words[65], words[32], words[10], words[257]]).toEqual(['A', 'Ġ', 'Ċ', 't257']);
  });
});

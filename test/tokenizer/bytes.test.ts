import { describe, expect, it } from 'vitest';
import { byteTable, byteToChar } from '../../src/tokenizer/bytes.ts';

describe('byteToChar', () => {
  it('spells printable bytes as themselves, a space as Ġ, a line feed as Ċ', () => {
    expect(byteToChar[0x41]).toBe('A');
    expect(byteToChar[0x20]).toBe('Ġ');
    expect(byteToChar[0x0a]).toBe('Ċ');
    expect(byteToChar[0xad]).toBe('\u0143');
    expect(byteToChar[0xff]).toBe('ÿ');
  });

  it('gives 256 different characters, none of them white space or a control', () => {
    expect(new Set(byteToChar).size).toBe(256);
    for (const char of byteToChar) expect(char).toMatch(/^[^\p{White_Space}\p{C}]$/u);
  });
});

describe('byteTable', () => {
  it('turns spelled bytes back and takes pieces with any other character as UTF-8', () => {
    const { bytes, starts } = byteTable(['Ġa', '', '▁Ġ', 'ÿ']);
    expect([...starts]).toEqual([0, 2, 2, 7, 8]);
    expect([...bytes]).toEqual([0x20, 0x61, 0xe2, 0x96, 0x81, 0xc4, 0xa0, 0xff]);
  });
});

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sha256 } from '../../src/hub/sha256.ts';
import { runs } from '../seed.ts';

describe('Sha256', () => {
  it('gives the digests that the standard publishes', () => {
    const of = (text: string) => new Sha256().update(new TextEncoder().encode(text)).hex();
    expect(of('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(of('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(of('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')).toBe(
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    );
    expect(of('a'.repeat(1_000_000))).toBe('cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0');
  });

  it('is what Node computes, however the message is cut', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 6 });
    fc.assert(
      fc.property(pieces, (parts) => {
        const [ours, theirs] = [new Sha256(), createHash('sha256')];
        for (const part of parts) {
          ours.update(part);
          theirs.update(part);
        }
        expect(ours.hex()).toBe(theirs.digest('hex'));
      }),
      runs(200),
    );
  });
});

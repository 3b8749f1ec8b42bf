/**
 * SHA-256, fed piece by piece: Web Crypto takes a message only as a whole, and weights may be larger than memory.
 *
 * Source    FIPS 180-4 §4.1.2, §5.3.3, §6.2.2
 */
const primes: number[] = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p !== 0)) primes.push(n);

/** The first 32 bits behind the binary point. */
const fraction = (x: number): number => (x % 1) * 2 ** 32;
const roundConstants = Int32Array.from(primes, (p) => fraction(Math.cbrt(p)));
const start = Int32Array.from(primes.slice(0, 8), (p) => fraction(Math.sqrt(p)));

const BLOCK = 64;

export class Sha256 {
  readonly #state = start.slice();
  readonly #schedule = new Int32Array(64);
  readonly #block = new Uint8Array(BLOCK);
  #filled = 0;
  #length = 0;

  update(bytes: Uint8Array): this {
    this.#length += bytes.length;
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + BLOCK - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === BLOCK) this.#compress();
    }
    return this;
  }

  /** The digest as 64 hexadecimal digits. It ends the message: what is fed afterwards counts for nothing. */
  hex(): string {
    const length = this.#length;
    this.update(Uint8Array.of(0x80));
    while (this.#filled !== BLOCK - 8) this.update(Uint8Array.of(0));
    const end = new DataView(new ArrayBuffer(8));
    end.setBigUint64(0, BigInt(length) * 8n);
    this.update(new Uint8Array(end.buffer));
    return Array.from(this.#state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }

  /** Works the full block into the state. */
  #compress(): void {
    const [w, block, state] = [this.#schedule, this.#block, this.#state];
    for (let t = 0; t < 16; t++) {
      const i = 4 * t;
      w[t] = (block[i] << 24) | (block[i + 1] << 16) | (block[i + 2] << 8) | block[i + 3];
    }
    for (let t = 16; t < 64; t++) {
      const [x, y] = [w[t - 15], w[t - 2]];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[t] = (w[t - 16] + s0 + w[t - 7] + s1) | 0;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let t = 0; t < 64; t++) {
      const S1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const S0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t1 = (h + S1 + ((e & f) ^ (~e & g)) + roundConstants[t] + w[t]) | 0;
      const t2 = (S0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i] += word;
    this.#filled = 0;
  }
}

/** Checksums of what whole models compute with `deterministic: true`: the same in every engine and on every machine. */

/** What this needs of the engine, be it the sources or the bundle in a page. */
interface Engine {
  readonly AutoModel: {
    from_pretrained(where: string | URL, options: object): Promise<unknown>;
  };
}

interface Writes {
  readonly backendInfo: { readonly name: string; readonly simd: string };
  forward(inputs: object): Promise<{ readonly logits: { readFloats(): Promise<Float32Array> } }>;
  generate(inputs: object): Promise<{ readonly sequences: number[][]; readonly scores?: Float32Array[][] }>;
  dispose(): void;
}

const dtypes = ['f32', 'bf16', 'int8', 'int4'] as const;
const input_ids = [
  [5, 9, 3, 7, 11, 60, 2],
  [1, 8, 3, 2, 4, 33, 80],
];
const answer = [
  [4, 9, 17],
  [30, 2, 6],
];
/** What the decoder reads in a pass beside the prompt. */
const passes = {
  'test/goldens/gpt2/basic': {},
  'test/goldens/t5/v11': { decoder_input_ids: answer },
  'weights/en-de/llm': { decoder_input_ids: answer },
  'weights/en-de/hybrid': { labels: answer },
};

/** FNV-1a of the bits of numbers, one behind the other. */
function checksum(...arrays: readonly ArrayBufferView[]): string {
  let hash = 0x811c9dc5;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    for (const byte of new Uint8Array(buffer, byteOffset, byteLength)) hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** Model and dtype → checksums of a pass's logits, of every score while it writes, and of the ids it writes. */
export async function modelBits({ AutoModel }: Engine, root: string | URL): Promise<Record<string, string>> {
  const bits: Record<string, string> = {};
  for (const [folder, more] of Object.entries(passes)) {
    for (const dtype of dtypes) {
      const where = typeof root === 'string' ? root + folder : new URL(`${folder}/`, root);
      const model = await AutoModel.from_pretrained(where, { dtype, deterministic: true, backend: 'wasm' });
      if (!writes(model)) throw new Error(`${folder} writes nothing`);
      if (model.backendInfo.simd !== 'simd') throw new Error(`not the deterministic build: ${model.backendInfo.simd}`);
      const { logits } = await model.forward({ input_ids, ...more });
      const asked = { max_new_tokens: 12, min_new_tokens: 12, do_sample: false, output_scores: true };
      const { sequences, scores = [] } = await model.generate({ input_ids, ...asked });
      const parts = [[await logits.readFloats()], scores.flat(), sequences.map((row) => Int32Array.from(row))];
      bits[`${folder} ${dtype}`] = parts.map((arrays) => checksum(...arrays)).join(' ');
      model.dispose();
    }
  }
  return bits;
}

function writes(model: unknown): model is Writes {
  return typeof model === 'object' && model !== null && 'generate' in model && 'forward' in model;
}

/** Seen in Node 20, Node 24 and Chromium, in `npm test`, `npm run test:node24` and `npm run test:browser`. */
export const expectedBits: Readonly<Record<string, string>> = {
  'test/goldens/gpt2/basic f32': 'b0edcf5e 94d464db 0adc05d2',
  'test/goldens/gpt2/basic bf16': 'dc7e57c1 89bef475 0adc05d2',
  'test/goldens/gpt2/basic int8': '78e262cb d1f5aaf9 e7fd5207',
  'test/goldens/gpt2/basic int4': '144573eb 57df0b86 88a49749',
  'test/goldens/t5/v11 f32': 'e56106b9 a218e51f b46c0b86',
  'test/goldens/t5/v11 bf16': '8e2b1caf fe4066ea eb8f2e57',
  'test/goldens/t5/v11 int8': 'a81500ea 8f07f7e2 cfc1598f',
  'test/goldens/t5/v11 int4': '86249ca4 fb9d1be3 52b12b73',
  'weights/en-de/llm f32': 'bf30d381 219876a6 dc061b91',
  'weights/en-de/llm bf16': '5b578567 c4bc02ac dc061b91',
  'weights/en-de/llm int8': '554aba09 ccdb76c6 4e442ede',
  'weights/en-de/llm int4': '397661d9 00dd1a1f 99c28186',
  'weights/en-de/hybrid f32': '5bc5d0b9 121c3d2e df4d2c6f',
  'weights/en-de/hybrid bf16': 'dae11c70 524705f0 df4d2c6f',
  'weights/en-de/hybrid int8': '9070c570 4187fa82 af8491a9',
  'weights/en-de/hybrid int4': 'cddd37ba 8b6b6580 4cf838f2',
};

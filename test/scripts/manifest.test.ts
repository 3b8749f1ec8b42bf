import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { manifestOf } from '../../scripts/manifest.mjs';
import { AutoModel, LoadError, verifyManifest } from '../../src/index.node.ts';

const family = fileURLToPath(new URL('../../weights/en-de', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'baton-weights-'));
afterAll(() => rmSync(copy, { recursive: true }));

describe('the manifest of the shipped weights', () => {
  it('is current: node scripts/manifest.mjs weights/en-de', () => {
    expect(readFileSync(join(family, 'manifest.json'), 'utf8')).toBe(manifestOf(family));
  });

  it('is what the loader compares with on request', async () => {
    const model = await AutoModel.from_pretrained(join(family, 'hybrid'), { verify: true });
    model.dispose();
    const { files } = JSON.parse(readFileSync(join(family, 'manifest.json'), 'utf8'));
    expect((await verifyManifest(family)).files).toBe(Object.keys(files).length);
  });

  it('gives away a single bit', async () => {
    cpSync(family, copy, { recursive: true });
    const path = join(copy, 'hybrid/projector.safetensors');
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(path, bytes);
    const message = /^verify: "hybrid\/projector.safetensors" is not the file that the manifest lists: sha256 must be/;
    for (const check of [
      () => AutoModel.from_pretrained(join(copy, 'hybrid'), { verify: true }),
      () => verifyManifest(copy),
    ]) {
      const error = await check().then(
        () => undefined,
        (reason) => reason,
      );
      expect(error).toBeInstanceOf(LoadError);
      expect(error.message).toMatch(message);
    }
    (await AutoModel.from_pretrained(join(copy, 'slm'), { verify: true })).dispose();
    (await AutoModel.from_pretrained(join(copy, 'hybrid'))).dispose();
  });
});

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openMap } from '../../src/hub/map.ts';
import { verified } from '../../src/hub/verified.ts';
import { FormatError, LoadError, type ModelFiles } from '../../src/index.ts';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const entry = (text: string) => ({ size: text.length, sha256: digest(text) });

/** Files in memory with a manifest of them, which `change` may make wrong. */
function withManifest(texts: Record<string, string>, change: (files: Record<string, object>) => void = () => {}) {
  const files = Object.fromEntries(Object.entries(texts).map(([path, text]) => [path, entry(text)]));
  change(files);
  return openMap({ ...texts, 'manifest.json': JSON.stringify({ files }) });
}

const texts = { 'config.json': '{"a":1}', 'slm/vocab.json': '{}', 'model.safetensors': 'x'.repeat(3_000_000) };

describe('verified', () => {
  it('hands out files that are as listed, by every way there is', async () => {
    const files = await verified(withManifest(texts));
    expect(await files.json('config.json')).toEqual({ a: 1 });
    expect(await files.text('config.json')).toBe('{"a":1}');
    expect(await files.sub('slm').read('vocab.json')).toEqual(new TextEncoder().encode('{}'));
    const source = await files.open('model.safetensors');
    expect(await source.read(5, 2)).toEqual(new TextEncoder().encode('xx'));
    expect(await files.has('config.json')).toBe(true);
    expect(await files.stat('slm/vocab.json')).toEqual({ size: 2 });
  });

  it('finds the manifest in a folder above, and siblings through it', async () => {
    const family = withManifest({ 'hybrid/hybrid.json': '{}', 'hybrid/slm/config.json': '[]', 'llm/config.json': '1' });
    const named = (name: string): ModelFiles => ({ ...family.sub(name), name: `models/${name}` });
    const hybrid = await verified(named('hybrid'));
    expect(await hybrid.json('hybrid.json')).toEqual({});
    expect(await hybrid.sub('../llm').json('config.json')).toBe(1);
    expect(await (await verified(named('hybrid/slm'))).json('config.json')).toEqual([]);
  });

  it.each<[string, (files: Record<string, object>) => void, string]>([
    [
      'another hash',
      (files) => Object.assign(files, { 'config.json': { ...entry('{"a":1}'), sha256: digest('') } }),
      `verify: "config.json" is not the file that the manifest lists: sha256 must be ${digest('')}, got ${digest('{"a":1}')}`,
    ],
    [
      'another size',
      (files) => Object.assign(files, { 'config.json': { ...entry('{"a":1}'), size: 8 } }),
      'verify: "config.json" is not the file that the manifest lists: size must be 8 bytes, got 7',
    ],
    ['a file nobody lists', (files) => delete files['config.json'], 'verify: "config.json" is not in the manifest'],
  ])('%s is a LoadError each time the file is asked for', async (_, change, message) => {
    const files = await verified(withManifest(texts, change));
    for (const ask of [files.json, files.open, files.text]) {
      const error: unknown = await ask('config.json').catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(LoadError);
      expect(String(error).split('\n')[0]).toBe(`LoadError: ${message}`);
    }
  });

  it('a file that is missing is told as missing', async () => {
    const files = await verified(withManifest(texts));
    await expect(files.json('confg.json')).rejects.toThrow('"confg.json" is not there');
  });

  it('no manifest, and one that is none', async () => {
    await expect(verified(openMap(texts))).rejects.toThrow('verify: there is no manifest.json to verify against');
    for (const manifest of ['[]', '{"files":[]}', '{"files":{"a":{"size":"1","sha256":""}}}', '{"files":{"a":null}}']) {
      await expect(verified(openMap({ 'manifest.json': manifest }))).rejects.toBeInstanceOf(FormatError);
    }
  });
});

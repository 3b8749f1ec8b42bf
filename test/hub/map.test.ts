import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LoadError, OptionError } from '../../src/errors.ts';
import { type FileContent, openFileList, openMap } from '../../src/hub/map.ts';
import { openBytes } from '../../src/safetensors/source.ts';
import { runs } from '../seed.ts';
import { errorOf } from './folders.ts';
import { fileHandler, serve } from './server.ts';

describe('openMap', () => {
  it('reads a hybrid and its neighbour', async () => {
    const files = openMap({ 'hybrid/hybrid.json': '{"llm":"../llm"}', './llm/model.bin': Uint8Array.of(1, 2, 3) });
    const hybrid = files.sub('hybrid');
    expect(await hybrid.json('hybrid.json')).toEqual({ llm: '../llm' });
    expect(await (await hybrid.sub('../llm').open('model.bin')).read(1, 2)).toEqual(Uint8Array.of(2, 3));
    expect(await openMap({ '../llm/a': 'x' }).sub('../llm').text('a')).toBe('x');
    expect(await files.has('hybrid.json')).toBe(false);
  });

  it('every kind of content gives the same bytes', async () => {
    const { url } = await serve(fileHandler({ '/text': 'Grüße' }));
    const bytes = new TextEncoder().encode('Grüße');
    const files = openMap({
      string: 'Grüße',
      bytes,
      buffer: bytes.buffer,
      blob: new Blob([bytes]),
      url: new URL('/text', url),
      opener: async () => openBytes(bytes),
    });
    for (const name of ['string', 'bytes', 'buffer', 'blob', 'url', 'opener']) {
      expect(await files.text(name), name).toBe('Grüße');
      expect(await files.stat(name), name).toEqual({ size: 7 });
      expect((await files.open(name)).size, name).toBe(7);
    }
  });

  it('a source that was closed is not closed again with the rest', async () => {
    const closed: string[] = [];
    const opener = (name: string) => async () => ({
      ...openBytes(new Uint8Array(2), name),
      close: async () => void closed.push(name),
    });
    const files = openMap({ a: opener('a'), b: opener('b') });
    const a = await files.open('a');
    await files.open('b');
    closed.length = 0; // looking at the size opened and closed both
    await a.close();
    await files.close();
    await files.close();
    expect(closed).toEqual(['a', 'b']);
  });

  it('every file comes back under its name, whatever that is', async () => {
    const name = fc.oneof(
      fc.constantFrom('__proto__', 'constructor', 'toString'),
      fc.stringMatching(/^[a-zé_.-]{3,9}$/),
    );
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name), async (names) => {
        const files = openMap(Object.fromEntries(names.map((file) => [file, `text of ${file}`])));
        for (const file of names) expect(await files.text(file)).toBe(`text of ${file}`);
        expect(await files.has('valueOf')).toBe(false);
      }),
      runs(50),
    );
  });

  it('tells the nearest names when a file is missing', async () => {
    const error = await errorOf(openMap({ 'config.json': '{}' }).read('confg.json'));
    expect(error).toBeInstanceOf(LoadError);
    expect(error).toMatchObject({ nearest: ['config.json'], where: 'confg.json' });
  });

  it('names the file whose content is of no known kind', () => {
    const wrong: Record<string, FileContent> = JSON.parse('{"config.json":{"model_type":"t5"}}');
    expect(() => openMap(wrong)).toThrow(OptionError);
    expect(() => openMap(wrong)).toThrow(/"config.json" must be an ArrayBuffer, .* got an object/);
  });
});

describe('openFileList', () => {
  const picked = (path: string, text: string) =>
    Object.defineProperty(new File([text], path.split('/').at(-1) ?? ''), 'webkitRelativePath', { value: path });

  it('starts below the folder that was picked', async () => {
    const files = openFileList([picked('hybrid/hybrid.json', '{}'), picked('hybrid/slm/config.json', '{"a":1}')]);
    expect(await files.json('hybrid.json')).toEqual({});
    expect(await files.sub('slm').json('config.json')).toEqual({ a: 1 });
  });

  it('takes files picked one by one', async () => {
    const files = openFileList([new File(['{}'], 'config.json'), new File(['x'], 'vocab.json')]);
    expect(await files.text('vocab.json')).toBe('x');
  });

  it('refuses what is no file', () => {
    const paths: Iterable<File> = JSON.parse('["config.json"]');
    expect(() => openFileList(paths)).toThrow(OptionError);
    expect(() => openFileList(paths)).toThrow(/a list of files must hold Files only, got "config.json"/);
  });

  it('no file at all is an empty folder', async () => {
    expect(await openFileList([]).has('config.json')).toBe(false);
  });
});

import { execFileSync } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FormatError, LoadError } from '../../src/errors.ts';
import { openFolder } from '../../src/hub/folder.node.ts';
import { errorOf, folderWith } from './folders.ts';

describe('openFolder', () => {
  it('reads a hybrid folder and its neighbour', async () => {
    const top = await folderWith({
      'hybrid/hybrid.json': '{"llm":"../llm"}',
      'llm/model.bin': 'weights',
      'hybrid/slm/x': 'y',
    });
    const files = openFolder(join(top, 'hybrid'));
    expect(await files.json('hybrid.json')).toEqual({ llm: '../llm' });
    expect(await files.sub('slm').text('x')).toBe('y');
    const llm = files.sub('../llm');
    expect(llm.name).toBe(join(top, 'llm'));
    const source = await llm.open('model.bin');
    expect(source.size).toBe(7);
    expect(Buffer.from(await source.read(2, 3)).toString()).toBe('igh');
    await source.close();
    expect(await files.has('slm/x')).toBe(true);
    expect(await files.has('slm')).toBe(false);
    expect(await files.has('absent')).toBe(false);
    expect(files.notes).toEqual([]);
  });

  it('tells the nearest names when a file is missing', async () => {
    const top = await folderWith({ 'config.json': '{}', 'model.safetensors': '' });
    const error = await errorOf(openFolder(top).read('config.jsn'));
    expect(error).toBeInstanceOf(LoadError);
    expect(error).toMatchObject({ code: 'LOAD', where: join(top, 'config.jsn'), nearest: ['config.json'] });
    expect(String(error)).toContain('"config.jsn" is not there');
    expect(await errorOf(openFolder(top).open('weights.bin'))).toBeInstanceOf(LoadError);
  });

  it('follows links, as in a Hub cache', async () => {
    const top = await folderWith({ 'blobs/abc': '{"a":1}' });
    await mkdir(join(top, 'snapshot'));
    await symlink('../blobs/abc', join(top, 'snapshot/config.json'));
    expect(await openFolder(join(top, 'snapshot')).json('config.json')).toEqual({ a: 1 });
  });

  it('closing the files closes what was opened', async () => {
    const files = openFolder(await folderWith({ a: 'abc', 'b/c': 'd' }));
    const sources = [await files.open('a'), await files.sub('b').open('c')];
    await files.close();
    for (const source of sources) await expect(source.read(0, 1)).rejects.toBeInstanceOf(LoadError);
  });

  it('text that is no JSON and bytes that are no text are format errors that name the file', async () => {
    const top = await folderWith({ 'a.json': '{"a":', 'b.json': Uint8Array.of(0xff, 0xfe) });
    await expect(openFolder(top).json('a.json')).rejects.toThrow(FormatError);
    await expect(openFolder(top).json('a.json')).rejects.toThrow(/the file must be JSON: .*\n {2}in .*a\.json/);
    await expect(openFolder(top).json('b.json')).rejects.toThrow(/the file must be UTF-8 text/);
  });

  it('a byte order mark is no part of the text', async () => {
    expect(await openFolder(await folderWith({ a: '\ufeff{"a":1}' })).json('a')).toEqual({ a: 1 });
  });

  it('names that lead out of the folder are refused before the disk is asked', async () => {
    const files = openFolder(await folderWith({ secret: 'x' })).sub('inner');
    for (const name of ['../secret', '/etc/passwd', '..', 'a/../../secret']) {
      for (const call of [files.has(name), files.read(name), files.open(name), files.json(name)]) {
        const error = await errorOf(call);
        expect(error).toBeInstanceOf(LoadError);
        expect(String(error)).toContain("a file's name must be plain parts");
      }
    }
  });

  it.skipIf(process.platform === 'win32')('a named pipe is no file and is not waited for', async () => {
    const top = await folderWith();
    execFileSync('mkfifo', [join(top, 'config.json')]);
    expect(await openFolder(top).has('config.json')).toBe(false);
    expect(await errorOf(openFolder(top).read('config.json'))).toBeInstanceOf(LoadError);
  });

  it('an aborted signal ends every call with its reason', async () => {
    const abort = new AbortController();
    const files = openFolder(await folderWith({ a: 'abc' }), abort.signal);
    const source = await files.open('a');
    const reason = new Error('enough');
    abort.abort(reason);
    expect(await errorOf(files.has('a'))).toBe(reason);
    expect(await errorOf(files.read('a'))).toBe(reason);
    expect(await errorOf(source.read(0, 1))).toBe(reason);
    await source.close();
  });
});

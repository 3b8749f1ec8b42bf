import { describe, expect, it } from 'vitest';
import { LoadError, OptionError } from '../../src/errors.ts';
import { openFolder } from '../../src/hub/folder.node.ts';
import { openHubCache } from '../../src/hub/hf-cache.node.ts';
import { openHttp } from '../../src/hub/http.ts';
import { openMap } from '../../src/hub/map.ts';
import { type ReportedFiles, withProgress } from '../../src/hub/progress.ts';
import type { ProgressEvent } from '../../src/hub/tally.ts';
import { errorOf, folderWith } from './folders.ts';
import { FIRST, serveHub } from './hub-server.ts';
import { fileHandler, serve } from './server.ts';

const load = async (files: Pick<ReportedFiles, 'json' | 'open'>) => {
  await files.json('config.json');
  const source = await files.open('model.safetensors');
  await source.read(0, 4);
  await source.read(4, source.size - 4);
  await source.close();
};
const weights = 'w'.repeat(100_000);

describe('withProgress', () => {
  it('tells the whole story of a load', async () => {
    const events: ProgressEvent[] = [];
    const files = withProgress(openMap({ 'config.json': '{}', 'slm/w': new Uint8Array(8) }), (event) =>
      events.push(event),
    );
    await files.announce(['config.json', 'absent.json']);
    await files.sub('slm').announce(['w']);
    files.announced();
    await files.json('config.json');
    const source = await files.sub('slm').open('w');
    await source.read(0, 4);
    await source.close();
    files.ready();
    expect(events.map((event) => ('file' in event ? `${event.status} ${event.file}` : event.status))).toEqual([
      'initiate config.json',
      'initiate slm/w',
      'progress_total',
      'download config.json',
      'progress config.json',
      'progress_total',
      'done config.json',
      'download slm/w',
      'progress slm/w',
      'progress_total',
      'progress slm/w',
      'progress_total',
      'done slm/w',
      'ready',
    ]);
    const totals = events.filter((event) => event.status === 'progress_total');
    expect(totals.map(({ loaded, total }) => [loaded, total])).toEqual([
      [0, 10],
      [2, 10],
      [6, 10],
      [10, 10],
    ]);
    expect(files.name).toBe('2 given files');
  });

  it('a listener causes no download that would not be', async () => {
    const content = { 'config.json': '{}', 'model.safetensors': weights };
    const site = await serve(fileHandler(Object.fromEntries(Object.entries(content).map(([k, v]) => [`/${k}`, v]))));
    const hub = await serveHub({ [FIRST]: content });
    const gets = () => [...site.log, ...hub.log, ...hub.store.log].filter((line) => line.startsWith('GET')).length;
    const places = async () => [
      openHttp(site.url),
      openHubCache('org/name', { cache_dir: await folderWith() }, hub.env),
    ];
    for (const files of await places()) await load(files);
    const alone = gets();
    for (const files of await places()) {
      const reported = withProgress(files, () => {});
      await reported.announce(['config.json', 'model.safetensors']);
      await load(reported);
    }
    expect(gets()).toBe(2 * alone);
  });

  it('one total stands before the first byte, and is reached in the end', async () => {
    const hub = await serveHub({ [FIRST]: { 'config.json': '{}', 'model.safetensors': weights } });
    const top = await folderWith({ 'config.json': '{}', 'model.safetensors': weights });
    for (const files of [openFolder(top), openHubCache('org/name', { cache_dir: await folderWith() }, hub.env)]) {
      const totals: [number, number][] = [];
      const reported = withProgress(files, (event) => {
        if (event.status === 'progress_total') totals.push([event.loaded, event.total]);
      });
      await reported.announce(['config.json', 'model.safetensors']);
      reported.announced();
      await load(reported);
      expect(totals[0]).toEqual([0, weights.length + 2]);
      expect(totals.at(-1)).toEqual([weights.length + 2, weights.length + 2]);
      expect(new Set(totals.map(([, total]) => total)).size).toBe(1);
    }
  });

  it('what is read is the same with and without a listener', async () => {
    const plain = openMap({ 'config.json': '{"a":1}', w: Uint8Array.of(1, 2, 3) });
    const files = withProgress(plain, () => {});
    expect(await files.json('config.json')).toEqual(await plain.json('config.json'));
    expect(await files.text('config.json')).toBe(await plain.text('config.json'));
    expect(await (await files.open('w')).read(1, 2)).toEqual(await (await plain.open('w')).read(1, 2));
    expect(await errorOf(files.read('absent'))).toEqual(await errorOf(plain.read('absent')));
    await files.close();
  });

  it('a file that was closed is done, read to its end or not', async () => {
    const events: ProgressEvent[] = [];
    const source = await withProgress(openMap({ w: new Uint8Array(8) }), (event) => events.push(event)).open('w');
    await source.read(0, 4);
    await source.close();
    expect(events.slice(-2)).toMatchObject([
      { status: 'progress', loaded: 8 },
      { status: 'done', file: 'w' },
    ]);
  });

  it('a missing file leaves no trace, only its error', async () => {
    const events: ProgressEvent[] = [];
    const files = withProgress(openMap({}), (event) => events.push(event));
    expect(await errorOf(files.open('absent'))).toBeInstanceOf(LoadError);
    expect(events).toEqual([]);
  });

  it('a listener that can not be called is refused before anything is read', () => {
    const callback: () => void = JSON.parse('"log"');
    expect(() => withProgress(openMap({}), callback)).toThrow(OptionError);
    expect(() => withProgress(openMap({}), callback)).toThrow(/"progress_callback" must be a function, got "log"/);
  });

  it('what the listener throws ends the load', async () => {
    const stop = new Error('no more');
    const files = withProgress(openMap({ a: 'x' }), () => {
      throw stop;
    });
    expect(await errorOf(files.read('a'))).toBe(stop);
  });
});

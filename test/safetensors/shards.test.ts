import { describe, expect, it } from 'vitest';
import { FormatError, LoadError, StateError, WeightError } from '../../src/errors.ts';
import { type ByteSource, openBytes, openShards, readIndex, writeSafetensors } from '../../src/safetensors/index.ts';
import { expectError } from './files.ts';

const shard = (...names: string[]) =>
  writeSafetensors(
    names.map((name) => ({ name, dtype: 'F32' as const, shape: [1], data: Float32Array.of(name.length) })),
    { format: 'pt' },
  );
const index = (map: Record<string, string>): string =>
  JSON.stringify({ metadata: { total_size: 12 }, weight_map: map });

/** Opens an index over files in memory, and counts what is opened and closed. */
function open(text: string, files: Record<string, Uint8Array>) {
  const log = { opened: [] as string[], closed: 0 };
  const counted = (source: ByteSource): ByteSource => ({ ...source, close: async () => void log.closed++ });
  const opening = openShards(counted(openBytes(new TextEncoder().encode(text), 'index.json')), (file) => {
    log.opened.push(file);
    const bytes = Object.hasOwn(files, file) ? files[file] : undefined;
    if (bytes === undefined) throw new LoadError('no such file', { where: file });
    return counted(openBytes(bytes, file));
  });
  return { opening, log };
}

describe('openShards', () => {
  it('reads two files as one, each opened once', async () => {
    const { opening, log } = open(index({ a: '1.st', bb: '2.st', __proto__x: '1.st' }), {
      '1.st': shard('a', '__proto__x'),
      '2.st': shard('bb'),
    });
    const file = await opening;
    expect([...file.tensors.keys()]).toEqual(['__proto__x', 'a', 'bb']);
    expect(file.tensors.get('bb')?.file).toBe('2.st');
    expect(await file.values('bb')).toEqual(Float32Array.of(2));
    expect(await file.read('a', new Uint8Array(4))).toEqual(Uint8Array.of(0, 0, 0x80, 0x3f));
    const many = ['bb', 'a', 'bb', '__proto__x'];
    expect(await file.readMany(many)).toEqual(await Promise.all(many.map((name) => file.read(name))));
    expect([...file.metadata]).toEqual([['format', 'pt']]);
    expect(log).toEqual({ opened: ['1.st', '2.st'], closed: 1 });
    await expectError(() => file.read('c'), WeightError, 'there is no tensor "c"');
    await file[Symbol.asyncDispose]();
    expect(log.closed).toBe(3);
    await expectError(() => file.read('a'), StateError, 'after close()');
  });

  it('takes a tensor of a shard that the index does not name', async () => {
    const file = await open(index({ a: '1.st' }), { '1.st': shard('a', 'b') }).opening;
    expect([...file.tensors.keys()]).toEqual(['a', 'b']);
  });

  it('keeps a tensor called __proto__', async () => {
    const text = '{"weight_map":{"__proto__":"1.st"}}';
    const file = await open(text, { '1.st': shard('__proto__') }).opening;
    expect(await file.values('__proto__')).toEqual(Float32Array.of(9));
  });

  it.each(['../x', '..', '.', '', '/etc/passwd', 'a/b', 'a\\b', 'C:x', 'http://host/x', 'a\0'])(
    'never opens %j',
    async (name) => {
      const { opening, log } = open(index({ a: name }), {});
      const error = await expectError(
        () => opening,
        FormatError,
        'the shard of "a" must be the name of a file beside the index',
      );
      expect(error.where).toMatch(/^index\.json, byte \d+$/);
      expect(log).toEqual({ opened: [], closed: 1 });
    },
  );

  it.each<[string, string, Record<string, Uint8Array>, new (s: string) => FormatError | LoadError, string]>([
    ['a missing shard', index({ a: '1.st', b: '2.st' }), { '1.st': shard('a') }, LoadError, 'no such file'],
    [
      'a missing tensor',
      index({ a: '1.st', b: '1.st' }),
      { '1.st': shard('a') },
      FormatError,
      'tensor "b" is not in "1.st", where the index puts it',
    ],
    [
      'a tensor in another shard',
      index({ a: '2.st', b: '1.st' }),
      { '1.st': shard('a'), '2.st': shard('b') },
      FormatError,
      'tensor "a" is not in "2.st", where the index puts it',
    ],
    [
      'a tensor in two shards',
      index({ a: '1.st', b: '2.st' }),
      { '1.st': shard('a', 'b'), '2.st': shard('b') },
      FormatError,
      'tensor "b" is in two shards: 1.st and 2.st',
    ],
    [
      'a broken shard',
      index({ a: '1.st', b: '2.st' }),
      { '1.st': shard('a'), '2.st': new Uint8Array(9) },
      FormatError,
      'expected the header',
    ],
  ])('refuses %s, and leaves nothing open', async (_, text, files, kind, message) => {
    const { opening, log } = open(text, files);
    await expectError(() => opening, kind, message);
    expect(log.closed).toBe(1 + log.opened.filter((file) => file in files).length);
  });
});

describe('readIndex', () => {
  const read = (text: string) => readIndex(openBytes(new TextEncoder().encode(text), 'index.json'));

  it('gives the file of each tensor, and passes over what it does not need', async () => {
    expect([...(await read('{"weight_map":{"a":"x","b":"y"},"metadata":{"n":[1.5]}}'))]).toEqual([
      ['a', 'x'],
      ['b', 'y'],
    ]);
  });

  it.each([
    ['{"weight_map":{"a":"x","a":"y"}}', '"weight_map" has the key "a" twice'],
    ['{"weight_map":{},"weight_map":{}}', 'the index has the key "weight_map" twice'],
    ['{"weight_map":[]}', 'expected "weight_map" to be an object, got "["'],
    ['{"weight_map":{"a":1}}', 'expected the shard of "a" to be a string, got "1"'],
    ['{"metadata":{}}', 'the index has no "weight_map"'],
    ['{"weight_map":{}', 'expected "," or "}" in the index, got the end of the text'],
    ['', 'expected the index to be an object'],
  ])('%s is refused', async (text, message) => {
    await expectError(() => read(text), FormatError, message);
  });

  it('refuses an index beyond the limit before it reads it', async () => {
    const source = { ...openBytes(new Uint8Array()), size: 1e9 };
    await expectError(() => readIndex(source), FormatError, 'an index of 1000000000 bytes; the limit is 100000000');
  });
});

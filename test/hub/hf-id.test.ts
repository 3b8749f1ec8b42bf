import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LoadError } from '../../src/errors.ts';
import { hubAddress, hubRequests, isHubId, openHubId } from '../../src/hub/hf-id.ts';
import { runs } from '../seed.ts';
import { errorOf } from './folders.ts';
import { FIRST, SECOND, serveHub } from './hub-server.ts';

describe('isHubId', () => {
  it.each(['gpt2', 'openai-community/gpt2', 'google-t5/t5-small', 'a/b.c_d-1', '0/0'])('takes %j', (id) => {
    expect(isHubId(id)).toBe(true);
  });
  it.each([
    '',
    '/',
    './x',
    '../x',
    '/x',
    'x/',
    'a/b/c',
    'a//b',
    'a--b',
    'a/..',
    '.a',
    'a.',
    '-a/b',
    'a b',
    'a\\b',
    'a/b.git',
    'é',
  ])('refuses %j', (id) => {
    expect(isHubId(id)).toBe(false);
  });
  it('every id keeps its place in the address', () => {
    const name = fc.stringMatching(/^[a-z0-9_.-]{1,6}$/);
    const id = fc.oneof(
      name,
      fc.tuple(name, name).map((parts) => parts.join('/')),
      fc.string({ unit: 'binary-ascii' }),
    );
    fc.assert(
      fc.property(id, (text) => {
        if (!isHubId(text)) return;
        expect(hubAddress(text, 'main', {}).href).toBe(`https://huggingface.co/${text}/resolve/main/`);
      }),
      runs(300),
    );
  });
});

describe('hubAddress', () => {
  it('escapes the slash of a revision, and follows HF_ENDPOINT', () => {
    const env = { HF_ENDPOINT: 'http://mirror.example/hf/' };
    expect(hubAddress('a/b', 'refs/pr/1', env).href).toBe('http://mirror.example/hf/a/b/resolve/refs%2Fpr%2F1/');
  });
  it('names a broken HF_ENDPOINT', () => {
    expect(() => hubAddress('a/b', 'main', { HF_ENDPOINT: 'mirror' })).toThrow(LoadError);
    expect(() => hubAddress('a/b', 'main', { HF_ENDPOINT: 'mirror' })).toThrow(
      /HF_ENDPOINT must be an address, got "mirror"/,
    );
  });
});

describe('hubRequests', () => {
  it('sends the token given, else that of the environment, else none', () => {
    expect(hubRequests({ token: 'a' }, { HF_TOKEN: 'b' }).headers).toEqual({ Authorization: 'Bearer a' });
    expect(hubRequests({}, { HF_TOKEN: 'b' }).headers).toEqual({ Authorization: 'Bearer b' });
    expect(hubRequests({}, { HF_TOKEN: '' }).headers).toEqual({});
  });
});

describe('openHubId', () => {
  it('reads small files and those in the store', async () => {
    const hub = await serveHub({
      [FIRST]: { 'config.json': '{}', 'model.safetensors': 'weights', 'slm/x': 'y' },
      [SECOND]: {},
    });
    const files = openHubId('org/name', {}, hub.env);
    expect(files.name).toBe('org/name');
    expect(await files.json('config.json')).toEqual({});
    expect(await files.sub('slm').text('x')).toBe('y');
    const source = await files.open('model.safetensors');
    expect(Buffer.from(await source.read(0, 7)).toString()).toBe('weights');
    expect(await openHubId('org/name', { revision: SECOND }, hub.env).has('config.json')).toBe(false);
  });

  it('shows the token to the Hub and to nobody else', async () => {
    const hub = await serveHub({ [FIRST]: { 'model.safetensors': 'weights' } });
    await openHubId('org/name', { token: 'secret' }, hub.env).read('model.safetensors');
    expect(hub.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer secret', 'Bearer secret']);
    expect(hub.store.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
  });

  it('a repository that is not there is an error, not an empty repository', async () => {
    const hub = await serveHub({});
    const error = await errorOf(openHubId('org/name', {}, hub.env).has('config.json'));
    expect(error).toBeInstanceOf(LoadError);
    expect(String(error)).toContain('HTTP status 404 Not Found: Repository not found');
  });

  it('a denied request tells about the token', async () => {
    const fetch = async () => new Response(null, { status: 401 });
    const error = await errorOf(openHubId('org/name', { fetch }, {}).has('config.json'));
    expect(error).toMatchObject({ got: 401, hint: expect.stringContaining('HF_TOKEN') });
  });

  it('a folder that leads out of the repository is refused', () => {
    const files = openHubId('org/name', {}, {});
    expect(files.sub('slm').sub('../llm').name).toBe('org/name/llm');
    expect(() => files.sub('../other')).toThrow(LoadError);
    expect(() => files.sub('slm').sub('../../other')).toThrow(/"..\/..\/other" leads out of the repository/);
  });
});

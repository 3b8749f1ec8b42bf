import { posix } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LoadError } from '../../src/errors.ts';
import { checkFile, joinFile, joinFolder } from '../../src/hub/paths.ts';
import { runs } from '../seed.ts';

const part = fc.stringMatching(/^[a-zA-Z0-9 _.-]{1,8}$/).filter((name) => !/^\.{1,2}$/.test(name));
const step = fc.oneof({ weight: 2, arbitrary: part }, fc.constant('..'), fc.constant('.'), fc.constant(''));

describe('checkFile', () => {
  it('lets files in folders pass', () => {
    expect(checkFile('onnx/model.safetensors')).toBe('onnx/model.safetensors');
    expect(checkFile('..config')).toBe('..config');
  });

  it('every accepted name stays inside its folder', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary-ascii' }),
          fc.array(step).map((parts) => parts.join('/')),
        ),
        (file) => {
          try {
            checkFile(file);
          } catch (error) {
            expect(error).toBeInstanceOf(LoadError);
            return;
          }
          expect(posix.join('/top', file)).toBe(`/top/${file}`);
        },
      ),
      runs(500),
    );
  });

  it.each(['', '.', '..', '../x', 'a/../../x', '/etc/passwd', 'a//b', 'a/', 'C:\\x', 'C:x', 'a\\b', 'a\0b', 'x\ny'])(
    'refuses %j',
    (file) => {
      expect(() => checkFile(file)).toThrow(LoadError);
      expect(() => checkFile(file)).toThrow(/plain parts joined by "\/", inside its folder, got /);
    },
  );
});

describe('joinFolder', () => {
  it('follows a hybrid folder to its neighbour', () => {
    expect(joinFolder('', '../llm')).toBe('../llm');
    expect(joinFolder('hybrid', '../llm')).toBe('llm');
    expect(joinFolder('hybrid', 'slm')).toBe('hybrid/slm');
    expect(joinFolder('a', './')).toBe('a');
  });

  it('resolves as POSIX paths do', () => {
    const relative = fc.array(step, { maxLength: 6 }).map((parts) => parts.join('/').replace(/^\/+/, ''));
    fc.assert(
      fc.property(relative, relative, (base, folder) => {
        const want = posix.join(base, folder).replace(/\/$/, '');
        expect(joinFolder(joinFolder('', base), folder)).toBe(want === '.' ? '' : want);
      }),
      runs(300),
    );
  });

  it.each(['/etc', 'https://evil.example', 'C:\\', '..\\..', 'a\0'])('refuses %j', (folder) => {
    expect(() => joinFolder('', folder)).toThrow(LoadError);
    expect(() => joinFolder('', folder)).toThrow(/a folder must be a relative path/);
  });
});

describe('joinFile', () => {
  it('leaves names at the top alone', () => {
    expect(joinFile('', 'config.json')).toBe('config.json');
    expect(joinFile('../llm', 'config.json')).toBe('../llm/config.json');
  });
});

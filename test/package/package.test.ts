/** The package as a stranger gets it: packed, installed without a network, imported, type-checked, bundled, run. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Consumer, root, run } from './consumer.ts';

/** Softmax of logarithms is plain fractions; the last line shows that an error still knows its name. */
const worked = `
import { ShapeError, softmax, tensor } from 'batonlm';
console.log(softmax(tensor([Math.log(3), Math.log(1), Math.log(4)])).toArray().join(' '));
try {
  softmax(tensor([], { shape: [0] }));
} catch (error) {
  console.log(error instanceof ShapeError, error.name, error.code);
}`;
const workedSays = '0.375 0.125 0.5\ntrue ShapeError SHAPE';

const typed = `
import { type Tensor, softmax, tensor } from 'batonlm';
import { type GpuBackend, gpuBackend } from 'batonlm/gpu';
import { openSafetensors, writeSafetensors } from 'batonlm/safetensors';

export const backend: Promise<GpuBackend> = gpuBackend({ mode: 'webgpu' });
const x: Tensor = softmax(tensor([[1, 2]]));
const bytes: Uint8Array = writeSafetensors([{ name: 'x', dtype: 'F32', shape: x.shape, data: new Float32Array(2) }]);
export const names: Iterable<string> = (await openSafetensors(bytes)).tensors.keys();
// @ts-expect-error a tensor is no number
export const wrong: number = x;
`;

let consumer: Consumer;
beforeAll(() => {
  consumer = new Consumer();
});
afterAll(() => consumer?.remove());

describe('in Node', () => {
  it('is imported as an ES module', () => {
    expect(consumer.node('worked.mjs', worked)).toBe(workedSays);
  });

  it('is required from CommonJS', () => {
    const script =
      "console.log(typeof require('batonlm').softmax, typeof require('batonlm/safetensors').openSafetensors)";
    expect(consumer.node('worked.cjs', script)).toBe('function function');
  });

  it('reads and writes safetensors through its own entry', () => {
    const script = `
      import { openSafetensors, saveSafetensors } from 'batonlm/safetensors';
      await saveSafetensors('two.safetensors', [{ name: 'x', dtype: 'F32', shape: [2], data: new Float32Array([3, 4]) }]);
      const file = await openSafetensors('two.safetensors');
      console.log([...(await file.values('x'))].join(' '));
      await file.close();`;
    expect(consumer.node('safetensors.mjs', script)).toBe('3 4');
  });

  it('says what is missing where gpu.js is not installed', () => {
    const script = `
      import { LoadError } from 'batonlm';
      import { gpuBackend } from 'batonlm/gpu';
      await gpuBackend({ mode: 'cpu' }).catch((error) => console.log(error instanceof LoadError, error.message));`;
    expect(consumer.node('gpu.mjs', script)).toBe(
      'true gpuBackend: gpu.js is not installed, and the gpu backend runs on it\n  hint: npm install gpu.js@2.24.1; on a page give { gpu: GPU }, the class of its script',
    );
  });

  it('keeps its inside to itself', () => {
    const script = "import('batonlm/dist/errors.js').catch((error) => console.log(error.code));";
    expect(consumer.node('inside.mjs', script)).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  it('installs nothing but itself', () => {
    const modules = join(consumer.folder, 'node_modules');
    expect(readdirSync(modules).filter((name) => !name.startsWith('.'))).toEqual(['batonlm']);
  });

  it('brings the command', () => {
    const { version } = JSON.parse(run(root, 'node', '-p', 'JSON.stringify(require("./package.json"))'));
    const baton = join(consumer.folder, 'node_modules/.bin/baton');
    expect(run(consumer.folder, baton, '--version').trim()).toBe(version);
    expect(run(consumer.folder, baton, 'inspect', 'two.safetensors')).toContain('F32');
  });
});

describe('in a page', () => {
  it.each([false, true])('is bundled without a trace of Node, minified: %s', async (minify) => {
    const outfile = join(consumer.folder, `page-${minify}.mjs`);
    const entry = consumer.write('page.js', worked);
    await build({ entryPoints: [entry], outfile, bundle: true, minify, format: 'esm', platform: 'browser' });
    expect(run(consumer.folder, process.execPath, outfile).trimEnd()).toBe(workedSays);
  });

  it('drops what is not imported', async () => {
    const size = async (script: string) => {
      const options = { contents: script, resolveDir: consumer.folder };
      const { outputFiles } = await build({
        stdin: options,
        bundle: true,
        minify: true,
        format: 'esm',
        write: false,
        logLevel: 'error',
      });
      return outputFiles[0].contents.length;
    };
    const [nothing, safetensors, all] = await Promise.all([
      size("import 'batonlm';"),
      size("import { openSafetensors } from 'batonlm/safetensors'; openSafetensors('');"),
      size("import * as all from 'batonlm'; console.log(all);"),
    ]);
    expect(nothing).toBe(0);
    expect(safetensors).toBeLessThan(all / 2);
  });
});

describe('its declarations', () => {
  const check = (name: string, options: Record<string, unknown>) => {
    consumer.write('typed.ts', typed);
    const compilerOptions = { strict: true, noEmit: true, target: 'ES2023', ...options };
    consumer.write(`${name}.json`, JSON.stringify({ compilerOptions, files: ['typed.ts'] }));
    return run(consumer.folder, process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', `${name}.json`);
  };
  const lib = ['ES2023', 'ESNext.Disposable', 'DOM', 'DOM.AsyncIterable'];

  it('compile for Node, checked in full', () => {
    const typeRoots = [join(root, 'node_modules/@types')];
    expect(check('node', { module: 'NodeNext', lib, types: ['node'], typeRoots })).toBe('');
  });

  it('compile for a page without the types of Node, checked in full', () => {
    expect(check('page', { module: 'ESNext', moduleResolution: 'Bundler', lib, types: [] })).toBe('');
  });

  it('and the manifest have no fault that publint knows', async () => {
    const { messages } = await publint({ pkgDir: join(consumer.folder, 'node_modules/batonlm'), pack: false });
    expect(messages.map((message) => formatMessage(message, { name: 'batonlm' }))).toEqual([]);
  });
});

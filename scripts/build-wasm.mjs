/**
 * Compiles src/kernels/wasm/assembly into src/kernels/wasm/binaries.ts: one module per build, deflated, as base64. The file is
 * made again only where the sources have changed, so that this may run before anything that needs it.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';

const folder = fileURLToPath(new URL('../src/kernels/wasm/', import.meta.url));
const target = join(folder, 'binaries.ts');

const common = ['-O3', '--runtime', 'stub', '--noAssert', '--importMemory', '--initialMemory', '1'];
const wide = ['--maximumMemory', '65536', '--enable', 'simd'];
const builds = {
  simd: [],
  relaxedSimd: ['--enable', 'relaxed-simd'],
};

function hashOfSources() {
  const hash = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)));
  for (const name of readdirSync(join(folder, 'assembly')).sort())
    hash.update(readFileSync(join(folder, 'assembly', name)));
  return hash.digest('hex');
}

/** Compiles one build; gives the module's bytes. */
async function compile(flags, change) {
  const { default: asc } = await import('assemblyscript/asc');
  const out = mkdtempSync(join(tmpdir(), 'baton-wasm-'));
  try {
    const file = join(out, 'kernels.wasm');
    const { error, stderr } = await asc.main(
      ['assembly/index.ts', '--baseDir', folder, '-o', file, ...common, ...wide, ...flags],
      { readFile: (path, base) => read(resolve(base, path), change) },
    );
    if (error) throw new Error(`the kernels do not compile:\n${stderr.toString()}`);
    return readFileSync(file);
  } finally {
    rmSync(out, { recursive: true });
  }
}

/** Bytes of one build before those of the other: near enough for deflate, which looks back 32 KB, to see that they are alike. */
const turn = 8192;

function inTurns(binaries) {
  const turns = Math.ceil(Math.max(...binaries.map(({ length }) => length)) / turn);
  return Buffer.concat(
    Array.from({ length: turns }, (_, i) => binaries.map((bytes) => bytes.subarray(i * turn, (i + 1) * turn))).flat(),
  );
}

function read(path, change) {
  return existsSync(path) ? change(readFileSync(path, 'utf8'), path) : null;
}

/**
 * What binaries.ts says.
 *
 * @param {(text: string, path: string) => string} change gives other sources than those that lie there
 */
export async function binariesText(change = (text, _path) => text) {
  const binaries = [];
  for (const flags of Object.values(builds)) binaries.push(await compile(flags, change));
  const lengths = Object.fromEntries(Object.keys(builds).map((name, i) => [name, binaries[i].length]));
  const packed = deflateRawSync(inTurns(binaries), { level: 9 }); // together: they have most bytes in common
  return `export const lengths = ${JSON.stringify(lengths)};\nexport const turn = ${turn};\nexport const packed =\n  '${packed.toString('base64')}';\n`;
}

/** Makes binaries.ts where it is missing or older than the sources. */
export async function buildWasm() {
  const header = `// Made by scripts/build-wasm.mjs from assembly/ ${hashOfSources()}\n`;
  if (existsSync(target) && readFileSync(target, 'utf8').startsWith(header)) return;
  const text = await binariesText();
  const fresh = `${target}.${process.pid}`; // renamed into place, because two test runs may build at once
  writeFileSync(fresh, header + text);
  renameSync(fresh, target);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildWasm();

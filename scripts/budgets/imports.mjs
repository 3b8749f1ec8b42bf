import { posix } from 'node:path';
import { none } from './budget.mjs';

/** Part of src/ → the parts it may import, itself aside. Imports point one way. */
const allowed = {
  errors: [],
  tensor: ['errors'],
  kernels: ['errors', 'tensor'],
  models: ['errors', 'tensor', 'kernels'],
  generate: ['errors', 'tensor', 'kernels', 'models', 'tokenizer'],
  safetensors: ['errors'],
  tokenizer: ['errors'],
  hub: ['errors', 'safetensors'],
  pretrained: ['errors', 'tensor', 'kernels', 'models', 'generate', 'safetensors', 'tokenizer', 'hub'],
};
allowed.index = Object.keys(allowed);
allowed.gpu = ['kernels'];

/** A file that makes a backend, which no model may name. */
const backendFile = /^src\/kernels\/(.*-backend\.ts|wasm\/|gpu\/)/;
const entry = /^src\/((safetensors\/)?index(\.node)?|gpu)\.ts$/;
/** The one optional peer, and the one file that may ask for it. */
const peer = ({ from, to }) => from === 'src/kernels/gpu/gpu-js.ts' && to === 'gpu.js';
/** Statements at the start of a line, and import(…) anywhere. */
const statement = /^(?:(?:import|export)\b[^;'"]*?\bfrom|import)\s*['"]([^'"]+)|\bimport\(\s*['"]([^'"]+)/gm;

const partOf = (path) => /^src\/([^/.]+)/.exec(path)?.[1];
const nodeOnly = (path) => path.endsWith('.node.ts');

/** Every import of our sources: `{ from, to, local }`, local ones as paths from the root. */
function importsBelow(folder, { below, read }) {
  const { imports } = JSON.parse(read('package.json'));
  return below(folder, ['.ts']).flatMap((from) =>
    [...read(from).matchAll(statement)].map(([, stated, called]) => {
      const name = stated ?? called;
      if (name in imports) return { from, to: sourceOf(imports[name].default), local: true };
      const local = name.startsWith('.');
      return { from, to: local ? posix.join(posix.dirname(from), name) : name, local };
    }),
  );
}

/** The source of a built file. */
const sourceOf = (built) => built.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts');

/** The layers of the engine, the two halves of it (browser, Node), and the apps as strangers to its inside. */
export function checkImports(project) {
  const [engine, apps] = ['src', 'apps'].map((folder) => importsBelow(folder, project));
  const outside = engine.filter((each) => !each.local && !each.to.startsWith('node:') && !peer(each));
  const upwards = engine.filter(({ from, to, local }) => {
    const [here, there] = [partOf(from), partOf(to)];
    return local && here !== there && !allowed[here]?.includes(there);
  });
  const backends = engine.filter(
    ({ from, to }) => ['models', 'generate'].includes(partOf(from)) && backendFile.test(to),
  );
  const node = engine.filter(({ from, to }) => (to.startsWith('node:') || nodeOnly(to)) && !nodeOnly(from));
  const inside = apps.filter(({ to }) => to.startsWith('src/') && !entry.test(to));

  const told = (found) => found.map(({ from, to }) => `${from} imports ${to}`);
  return [
    none('imports of the engine from packages, but for its peer', told(outside)),
    none('imports against the direction of the layers', told(upwards)),
    none('models or generators that name a backend', told(backends)),
    none('Node-only imports outside *.node.ts', told(node)),
    none('imports of the apps behind the public entries', told(inside)),
  ];
}

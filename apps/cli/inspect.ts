/** What a file or folder holds, and whether it is what it should be. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  AutoTokenizer,
  FormatError,
  LoadError,
  openPath,
  type Quantisation,
  quantisationOf,
  type TensorInfo,
  type Tokenizer,
  weightNames,
} from '../../src/index.node.ts';
import { checkModel } from './model-check.ts';
import { lineOf } from './trouble.ts';
import { isIndex, list, openWeights } from './weight-files.ts';

export interface WeightsReport {
  readonly file: string;
  /** Names of the files that hold the tensors: one, or the shards. */
  readonly shards: readonly string[];
  /** Where they are stored so; undefined: floats. */
  readonly quantisation: Quantisation | undefined;
  readonly tensors: readonly Pick<TensorInfo, 'name' | 'dtype' | 'shape' | 'bytes'>[];
  /** Without the scales of quantised weights. */
  readonly parameters: number;
  readonly bytes: number;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface TokenizerReport {
  readonly kind: Tokenizer['kind'];
  readonly vocab_size: number;
  readonly special: Readonly<Record<string, number>>;
}

export interface Report {
  readonly path: string;
  readonly valid: boolean;
  /** What is wrong, one line each, of the parts too. */
  readonly problems: readonly string[];
  /** Class that the folder loads as. */
  readonly model?: string;
  readonly config?: unknown;
  readonly tokenizer?: TokenizerReport;
  readonly weights: readonly WeightsReport[];
  /** Folders below that hold something. */
  readonly parts: readonly Report[];
}

const tokenizerFile = /^(tokenizer\.json|spiece\.model|vocab\.json|encoder\.json)$/;

export async function inspect(path: string): Promise<Report> {
  const found = await stat(path).catch((cause) => {
    throw new LoadError('there is no such file or folder', { where: path, cause });
  });
  return found.isDirectory() ? inspectFolder(path) : inspectFile(path);
}

/** Runs what may fail, and writes down why it did. */
class Findings {
  readonly problems: string[] = [];

  async take<T>(look: () => Promise<T>): Promise<T | undefined> {
    try {
      return await look();
    } catch (error) {
      this.problems.push(lineOf(error));
      return undefined;
    }
  }
}

async function inspectFolder(path: string): Promise<Report> {
  const findings = new Findings();
  const { weights: files, others, folders } = await list(path);
  const weights: WeightsReport[] = [];
  for (const file of files) {
    const report = await findings.take(() => inspectWeights(join(path, file)));
    if (report !== undefined) weights.push(report);
  }
  const parts: Report[] = [];
  for (const folder of folders) {
    const part = await inspectFolder(join(path, folder));
    if (!isEmpty(part)) parts.push(part);
  }
  const configFile = ['hybrid.json', 'config.json'].find((name) => others.includes(name));
  const config = configFile && (await findings.take(() => readJson(join(path, configFile))));
  const tokenizer = others.some((name) => tokenizerFile.test(name))
    ? await findings.take(() => inspectTokenizer(path))
    : undefined;
  const isModel = configFile !== undefined && findings.problems.length === 0;
  const model = isModel ? await findings.take(() => checkModel(path, dtypeOf(weights))) : undefined;
  const problems = [...findings.problems, ...parts.flatMap((part) => part.problems)];
  return { path, valid: problems.length === 0, problems, model, config, tokenizer, weights, parts };
}

async function inspectFile(path: string): Promise<Report> {
  const findings = new Findings();
  const name = basename(path);
  const isTensors = name.endsWith('.safetensors') || isIndex(name);
  const weights = isTensors ? await findings.take(() => inspectWeights(path)) : undefined;
  const tokenizer = tokenizerFile.test(name) ? await findings.take(() => inspectTokenizer(path)) : undefined;
  const other = !isTensors && !tokenizerFile.test(name);
  const config = other ? await findings.take(() => readJson(path)) : undefined;
  const { problems } = findings;
  return {
    path,
    valid: problems.length === 0,
    problems,
    config,
    tokenizer,
    weights: weights === undefined ? [] : [weights],
    parts: [],
  };
}

async function inspectWeights(path: string): Promise<WeightsReport> {
  const file = await openWeights(path);
  await file.close();
  const infos = [...file.tensors.values()];
  const weights = new Set(weightNames(file));
  const quantisation = quantisationOf(file);
  const parametersOf = ({ name, dtype, shape }: TensorInfo): number => {
    if (!weights.has(name)) return 0;
    const elements = shape.reduce((product, n) => product * n, 1);
    return quantisation === 'int4' && dtype === 'U8' ? 2 * elements : elements; // two to a byte
  };
  return {
    file: basename(path),
    shards: [...new Set(infos.map((info) => basename(info.file)))],
    tensors: infos.map(({ name, dtype, shape, bytes }) => ({ name, dtype, shape, bytes })),
    quantisation,
    parameters: infos.reduce((sum, info) => sum + parametersOf(info), 0),
    bytes: infos.reduce((sum, { bytes }) => sum + bytes, 0),
    metadata: Object.fromEntries(file.metadata),
  };
}

/** The tokenizer of a folder, or of one file; files that only work in pairs bring the other one. */
async function inspectTokenizer(path: string): Promise<TokenizerReport> {
  const name = basename(path);
  const single = name === 'tokenizer.json' || name === 'spiece.model';
  const folder = tokenizerFile.test(name) ? dirname(path) : path;
  const where = single ? { [name]: () => openPath(path) } : folder;
  const { kind, vocabSize, special } = await AutoTokenizer.from_pretrained(where);
  const { all: _, ...roles } = special;
  const named = Object.entries(roles).filter((role): role is [string, number] => role[1] !== undefined);
  return { kind, vocab_size: vocabSize, special: Object.fromEntries(named) };
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FormatError('this is neither safetensors, nor a tokenizer, nor JSON', { where: path, cause });
  }
}

function isEmpty({ config, tokenizer, weights, parts, problems }: Report): boolean {
  return config === undefined && tokenizer === undefined && [weights, parts, problems].every((all) => all.length === 0);
}

/** The dtype that most bytes of the weights have; undefined where they are quantised, and loaded as they are. */
function dtypeOf(weights: readonly WeightsReport[]): 'f32' | 'f16' | 'bf16' | undefined {
  if (weights.some(({ quantisation }) => quantisation !== undefined)) return undefined;
  const tensors = weights.flatMap((file) => file.tensors);
  const bytesOf = (dtype: string) =>
    tensors.filter((tensor) => tensor.dtype === dtype).reduce((sum, { bytes }) => sum + bytes, 0);
  const [most] = (['f32', 'f16', 'bf16'] as const).toSorted(
    (a, b) => bytesOf(b.toUpperCase()) - bytesOf(a.toUpperCase()),
  );
  return most;
}

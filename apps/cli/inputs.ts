import { readFile } from 'node:fs/promises';
import {
  type Backend,
  type Dtype,
  DtypeError,
  type FileDtype,
  FormatError,
  LoadError,
  openSafetensors,
  type SafetensorsFile,
  show,
  type Tensor,
  type TensorInfo,
  tensor,
} from '../../src/index.node.ts';

/** Arguments of a model, by name: rows of ids, or tensors. */
export type Inputs = Readonly<Record<string, unknown>>;

/** Arguments from a file: safetensors, or JSON such as `{"input_ids": [[1, 2]], "attention_mask": [[1, 1]]}`. */
export async function readInputs(path: string, backend: Backend): Promise<Inputs> {
  if (!path.endsWith('.safetensors')) return fromJson(path, backend);
  const file = await openSafetensors(path);
  try {
    const infos = [...file.tensors.values()];
    return Object.fromEntries(
      await Promise.all(infos.map(async (info) => [info.name, await take(file, info, backend)])),
    );
  } finally {
    await file.close();
  }
}

async function fromJson(path: string, backend: Backend): Promise<Inputs> {
  const json = parse(await readText(path), path);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new FormatError(`inputs must be a JSON object such as {"input_ids": [[1, 2]]}, got ${show(json)}`, {
      where: path,
    });
  }
  const deep = (value: unknown) => Array.isArray(value) && Array.isArray(value[0]) && Array.isArray(value[0][0]);
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [name, deep(value) ? tensor(value, { backend }) : value]),
  );
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LoadError(`the file can't be read: ${reason}`, { where: path, cause });
  }
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(`the inputs are no JSON: ${reason}`, {
      where: path,
      hint: 'a safetensors file is told by its ending',
      cause,
    });
  }
}

/** What each dtype of a file becomes; one that is not here holds no input of a model. */
const carried: Partial<Record<FileDtype, Dtype>> = {
  F64: 'F32',
  F32: 'F32',
  F16: 'F16',
  BF16: 'BF16',
  I64: 'I64',
  I32: 'I32',
  U32: 'I32',
  I16: 'I32',
  U16: 'I32',
  I8: 'I8',
  U8: 'U8',
  BOOL: 'BOOL',
};

async function take(file: SafetensorsFile, { name, dtype, shape }: TensorInfo, backend: Backend): Promise<Tensor> {
  const to = carried[dtype];
  const values = await file.values(name);
  if (to === undefined || values instanceof BigUint64Array) {
    throw new DtypeError(`input ${show(name)} can't be ${dtype}`, {
      where: file.name,
      expected: Object.keys(carried),
      got: dtype,
    });
  }
  const bits = values instanceof Uint16Array && dtype !== 'U16'; // F16 and BF16
  const foreign = values instanceof Uint32Array || values instanceof Int16Array || values instanceof Uint16Array;
  return tensor(foreign && !bits ? Array.from(values) : values, { dtype: to, shape, backend });
}

/** What needs a file system, where there is none: the same names as in Node, and an error that says so. */
import { LoadError } from '../errors.ts';
import type { Metadata, ShardOptions, TensorToWrite } from './layout.ts';
import type { ByteSource } from './source.ts';

export async function openPath(path: string): Promise<ByteSource> {
  return refuse('openPath', path, 'pass an http(s) address, a Blob or bytes to openSafetensors');
}

export async function saveSafetensors(path: string, _: Iterable<TensorToWrite>, _m?: Metadata): Promise<void> {
  refuse('saveSafetensors', path, 'writeSafetensors makes the bytes of a file');
}

export async function saveShards(folder: string, _: Iterable<TensorToWrite>, _o?: ShardOptions): Promise<string[]> {
  return refuse('saveShards', folder, 'writeSafetensors makes the bytes of a file');
}

function refuse(op: string, path: string, hint: string): never {
  throw new LoadError('there is no file system here', { op, where: path, hint });
}

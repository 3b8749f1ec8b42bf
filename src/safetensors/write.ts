import type { Values } from './dtypes.ts';
import { bytesOf, layOut, type Metadata, type TensorToWrite } from './layout.ts';
import { allocate } from './source.ts';

/**
 * A whole file in memory, in canonical form: the same tensors and metadata give the same bytes, and a file the
 * reference implementation wrote comes back byte for byte. For one that doesn't fit into memory: `saveSafetensors`.
 *
 * Errors    OptionError a wrong or doubled name · DtypeError · ShapeError data of another size than dtype and shape
 */
export function writeSafetensors(
  tensors: Iterable<TensorToWrite<Values>>,
  metadata?: Metadata,
): Uint8Array<ArrayBuffer> {
  const layout = layOut(tensors, metadata);
  const parts = layout.tensors.map((tensor) => bytesOf(tensor, tensor.data));
  const file = allocate(layout.size, 'writeSafetensors');
  file.set(layout.header);
  let at = layout.header.length;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

import type { Backend } from '../../src/tensor/backend.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { upload } from '../../src/tensor/upload.ts';
import { goldenTensors } from '../generate/goldens.ts';
import type { GoldenFolder } from './walk.ts';

/** The embeddings [B T D] that a golden was given in place of ids. */
export async function inputEmbeds({ path, golden }: GoldenFolder, backend: Backend): Promise<Tensor> {
  const name = 'input/embeds';
  const data = (await goldenTensors(path)).get(name);
  const shape = golden.tensors?.[name]?.shape;
  if (data === undefined || shape === undefined) throw new Error(`${path} has no ${name}`);
  return upload(backend, data, { dtype: 'F32', shape });
}

import type { ModelFiles } from '../hub/files.ts';
import { readBridge, readHybridConfig } from '../models/bridge-weights.ts';
import { readGpt2, readGpt2Config } from '../models/gpt2-weights.ts';
import { readT5, readT5Config, readT5Encoder } from '../models/t5-weights.ts';
import { planAll, type WeightPlan, type WeightReader, type WeightSource } from '../models/weight-source.ts';
import { isEncoder, modelTypeOf, weightFileNames } from './load.ts';

/**
 * What the model of a folder takes from a file in it; undefined for a file that no config of the folder speaks of.
 *
 * Errors    as loading the model, but for its numbers
 */
export async function planOf(files: ModelFiles, file: string, source: WeightSource): Promise<WeightPlan | undefined> {
  if (weightFileNames.includes(file)) return planAll(source, await modelReader(files, source));
  if (!(await files.has('hybrid.json'))) return undefined;
  const { projector, fusion } = readHybridConfig(await files.json('hybrid.json'), `hybrid.json of ${files.name}`);
  if (projector !== file) return undefined;
  // The models themselves may be elsewhere, so that the widths are those of the file.
  const [first, second, own] = ['projector.0', 'projector.2', 'prompt_embedding'].map((name) =>
    source.shape(`${name}.weight`),
  );
  const sizes = { dLlm: (first ?? own)?.[1] ?? 0, dSlm: (second ?? own)?.[0] ?? 0 };
  return planAll(source, (reader) => readBridge(reader, fusion, sizes, own === undefined));
}

async function modelReader(
  files: ModelFiles,
  source: WeightSource,
): Promise<(reader: WeightReader) => Promise<unknown>> {
  const where = `config.json of ${files.name}`;
  const json = await files.json('config.json');
  if (modelTypeOf(json, where) === 'gpt2') {
    const config = readGpt2Config(json, where);
    return (reader) => readGpt2(reader, config);
  }
  const config = readT5Config(json, where);
  return isEncoder(source.names()) ? (reader) => readT5Encoder(reader, config) : (reader) => readT5(reader, config);
}

/**
 * batonlm: a large model reads the prompt once and hands a baton to a small model, which writes the answer.
 *
 * Names that Hugging Face users know keep their spelling; all else is camelCase. Everything public is exported here;
 * safetensors alone is also `batonlm/safetensors`.
 */

export { openFiles } from '#open-files';
export * from './errors.ts';
export type { GenerateOutput } from './generate/generate.ts';
export { KVCache } from './generate/kv-cache.ts';
export {
  type GenerateOptions,
  type Kind as OptionKind,
  notOffered as generateOptionsNotOffered,
  offered as generateOptions,
  type ResolvedOptions,
} from './generate/option-table.ts';
export { resolveOptions } from './generate/options.ts';
export type { FinishReason } from './generate/request.ts';
export type { StreamStep } from './generate/stream.ts';
export { T5Cache } from './generate/t5-cache.ts';
export type { ModelFiles } from './hub/files.ts';
export type { OpenOptions, Where } from './hub/open-files.ts';
export type { ProgressCallback, ProgressEvent } from './hub/tally.ts';
export { verified } from './hub/verified.ts';
export * from './kernels/index.ts';
export type { HybridConfig } from './models/bridge-weights.ts';
export type { Gpt2Config } from './models/gpt2-weights.ts';
export type { Fusion } from './models/llm-to-slm.ts';
export type { Observer } from './models/run.ts';
export type { T5Config } from './models/t5-weights.ts';
export { type AnyModel, AutoModel } from './pretrained/auto-model.ts';
export { Baton } from './pretrained/baton.ts';
export { GPT2LMHeadModel, type Gpt2Inputs, type Gpt2Output } from './pretrained/gpt2-lm-head-model.ts';
export { type HybridInputs, type HybridOutput, LlmToSlm } from './pretrained/llm-to-slm.ts';
export type { LoadOptions } from './pretrained/load.ts';
export { type Pipeline, type PipelineResult, pipeline, type Task } from './pretrained/pipeline.ts';
export type { T5EncoderOutput } from './pretrained/prompt-encoder.ts';
export { type Quantisation, quantisationOf, weightNames } from './pretrained/quantised-format.ts';
export { checkUnquantised, quantisedWeights, type WeightsToWrite } from './pretrained/quantised-weights.ts';
export { type T5EncoderInputs, T5EncoderModel } from './pretrained/t5-encoder-model.ts';
export {
  T5ForConditionalGeneration,
  type T5Inputs,
  type T5Output,
} from './pretrained/t5-for-conditional-generation.ts';
export type { TextOutput } from './pretrained/text-model.ts';
export { AutoTokenizer } from './pretrained/tokenizers.ts';
export { type Verified, verifyManifest } from './pretrained/verify-manifest.ts';
export * from './safetensors/index.ts';
export type { Backend, BackendInfo, MemoryCount, Use } from './tensor/backend.ts';
export type { Dtype, HostArray } from './tensor/dtype.ts';
export type { Cost, Op } from './tensor/op.ts';
export { keep, scope } from './tensor/scope.ts';
export type { Shape, Spec } from './tensor/shape.ts';
export { type Nested, Tensor } from './tensor/tensor.ts';
export type { DecodeOptions, EncodeOptions, Encoding, StreamDecoder, Tokenizer } from './tokenizer/tokenizer.ts';

/** What this engine must reach against its peers: ratios of medians from one run, 1.8 for "1.8 times better". */

import { nameOf } from './names.mjs';
import { digits, markdown, ratio, summarise } from './table.mjs';

const int8 = 'batonlm wasm int8 2t';
const f32 = 'batonlm wasm f32 2t';
const inPage = (dtype) => `batonlm wasm ${dtype} 1t chromium`;

/** Model, figure, our row, the peer's row, at least. */
export const targets = [
  ['gpt2', 'decode_ms', int8, 'tjs int8 2t', 1.8],
  ['gpt2', 'decode_ms', f32, 'tjs f32 2t', 1.2],
  ['gpt2', 'decode_ms', inPage('int8'), 'ort-web int8 1t chromium', 6],
  ['gpt2', 'decode_ms', inPage('f32'), 'ort-web f32 1t chromium', 1.1],
  ['gpt2', 'prefill_128_ms', f32, 'tjs f32 2t', 1],
  ['gpt2', 'prefill_512_ms', f32, 'tjs f32 2t', 1],
  ['gpt2', 'prefill_128_ms', int8, 'tjs int8 2t', 0.8],
  ['gpt2', 'prefill_512_ms', int8, 'tjs int8 2t', 0.8],
  ['gpt2', 'prefill_128_ms', f32, 'ort-web f32 2t', 3],
  ['gpt2', 'prefill_128_ms', int8, 'ort-web int8 2t', 4],
  ['gpt2', 'prefill_128_ms', inPage('f32'), 'ort-web f32 1t chromium', 3],
  ['gpt2', 'prefill_128_ms', inPage('int8'), 'ort-web int8 1t chromium', 4],
  ['t5-base', 'encode_128_ms', f32, 'ort-node f32 2t', 0.65],
  ['gpt2', 'batch8_tok_s', f32, 'tjs f32 2t', 2],
  ['gpt2', 'batch8_tok_s', int8, 'tjs int8 2t', 2],
  ['gpt2', 'generate_ms', int8, 'tjs int8 2t', 1.8],
  ['gpt2', 'generate_ms', f32, 'tjs f32 2t', 1.25],
  ['t5-small', 'generate_ms', int8, 'tjs int8 2t', 1.5],
  ['gpt2', 'load_ms', f32, 'tjs f32 2t', 4],
  ['gpt2', 'load_ms', int8, 'tjs int8 2t', 1],
  ['gpt2', 'load_ms', 'batonlm wasm int8 stored 2t', 'tjs int8 2t', 4],
  ['gpt2', 'peak_mb', f32, 'tjs f32 2t', 1 / 0.55],
  ['gpt2', 'peak_mb', int8, 'tjs int8 2t', 1 / 0.4],
  ['gpt2', 'first_token_ms', 'batonlm wasm int8 stored 2t', 'tjs int8 2t', 1 / 0.35],
];

/** Our row of GPT-2, and the part of the measured reading speed at which its decoding goes through the weights. */
const reading = [
  [int8, 0.7],
  [f32, 0.85],
];

/** Family, and how many times sooner the hybrid has written all than the LLM alone. */
const hybrids = [
  ['t5-large+t5-small', 4],
  ['t5-large+gpt2', 2],
];

/** Lines of Markdown: each target for which there are figures, and whether it is reached. */
export function targetLines(results) {
  const summaries = summarise(results.runs);
  const lines = [...peerLines(summaries), ...readingLines(summaries, results), ...hybridLines(results)];
  if (lines.length === 0) return [];
  return ['## Targets', '', ...markdown(['', 'ours', 'other', 'at least', 'is', 'reached'], lines), ''];
}

function peerLines(summaries) {
  return targets.flatMap(([model, figure, ours, peer, least]) => {
    const [own, other] = [ours, peer].map((name) => find(summaries, model, name)?.figures[figure]);
    return line(`${model} ${figure}: ${ours} against ${peer}`, own, other, least, ratio(figure, own, other));
  });
}

function readingLines(summaries, { kernels }) {
  if (kernels === undefined) return [];
  return reading.flatMap(([name, least]) => {
    const { info, row, figures } = find(summaries, 'gpt2', name) ?? { figures: {} };
    const speed = info && info.weights_mb / figures.decode_ms; // MB a ms are GB/s
    const most = info && readSpeed(kernels.peaks, 1e6 * info.weights_mb, row.threads);
    return line(`gpt2 decode, GB/s: ${name} against reading alone`, speed, most, least, speed / most);
  });
}

function hybridLines({ curves = [] }) {
  return hybrids.flatMap(([family, least]) => {
    const end = (dtype, writer) =>
      curves
        .find((each) => each.family === family && each.writer === writer && each.row.includes(` ${dtype} `))
        ?.ms.at(-1);
    return ['f32', 'int8'].flatMap((dtype) => {
      const [own, other] = [end(dtype, 'hybrid'), end(dtype, 'LLM alone')];
      return line(`${family} ${dtype}, ms end to end: hybrid against LLM alone`, own, other, least, other / own);
    });
  });
}

const find = (summaries, model, name) => summaries.find((each) => each.model === model && nameOf(each.row) === name);

/** Of the sizes that were read, the nearest. */
function readSpeed({ read_gbs }, bytes, threads) {
  const distance = (each) => Math.abs(Math.log(each.bytes / bytes));
  const alike = read_gbs.filter((each) => each.threads === threads);
  return alike.sort((a, b) => distance(a) - distance(b))[0]?.gbs;
}

function line(words, own, other, least, is) {
  if (own === undefined || other === undefined) return [];
  return [[words, digits(own), digits(other), `${digits(least)}×`, `${digits(is)}×`, is >= least ? 'yes' : '**no**']];
}

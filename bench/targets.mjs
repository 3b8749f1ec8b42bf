/** What this engine must reach: ratios of medians from one run, 1.8 for "1.8 times better". */
import { linearSizes } from './kernels/sizes.mjs';
import { lookUp } from './measured.mjs';
import { digits, markdown } from './table.mjs';
import {
  batchOfEight,
  flatDecode,
  linearPrefill,
  nearPeak,
  reading,
  sooner,
  twoThreads,
  versus,
} from './target-kinds.mjs';

const int8 = 'batonlm wasm int8 2t';
const stored = 'batonlm wasm int8 stored 2t';
const f32 = 'batonlm wasm f32 2t';
const alone = 'batonlm wasm f32 1t';
const inPage = (dtype) => `batonlm wasm ${dtype} 1t chromium`;

export const targets = [
  versus('gpt2', 'decode_ms', int8, 'tjs int8 2t', 1.8),
  versus('gpt2', 'decode_ms', f32, 'tjs f32 2t', 1.2),
  versus('gpt2', 'decode_ms', int8, 'ct2 int8 2t', 1.3),
  versus('gpt2', 'decode_ms', int8, 'llama q8_0 2t', 1.8),
  versus('gpt2', 'decode_ms', inPage('int8'), 'ort-web int8 1t chromium', 6),
  versus('gpt2', 'decode_ms', inPage('f32'), 'ort-web f32 1t chromium', 1.1),
  reading('gpt2', int8, 2, 0.7),
  reading('gpt2', f32, 2, 0.85),
  twoThreads('gpt2', f32, alone, 1.6),
  flatDecode('gpt2', f32, 1.15),
  flatDecode('gpt2', int8, 1.15),
  versus('gpt2', 'prefill_128_ms', f32, 'tjs f32 2t', 1),
  versus('gpt2', 'prefill_512_ms', f32, 'tjs f32 2t', 1),
  versus('gpt2', 'prefill_128_ms', int8, 'tjs int8 2t', 0.8),
  versus('gpt2', 'prefill_512_ms', int8, 'tjs int8 2t', 0.8),
  versus('gpt2', 'prefill_128_ms', f32, 'ort-web f32 2t', 3),
  versus('gpt2', 'prefill_128_ms', int8, 'ort-web int8 2t', 4),
  versus('gpt2', 'prefill_128_ms', inPage('f32'), 'ort-web f32 1t chromium', 3),
  versus('gpt2', 'prefill_128_ms', inPage('int8'), 'ort-web int8 1t chromium', 4),
  linearPrefill('gpt2', f32, 128, 16, 1 / 1.15),
  linearPrefill('gpt2', f32, 512, 128, 1 / 1.15),
  linearPrefill('gpt2', f32, 1000, 128, 1 / 1.15),
  versus('t5-base', 'encode_128_ms', f32, 'ort-node f32 2t', 0.65),
  ...linearSizes.filter(({ M }) => M > 100).map(({ size }) => nearPeak(alone, size, 0.9)),
  versus('gpt2', 'batch8_tok_s', f32, 'tjs f32 2t', 2),
  versus('gpt2', 'batch8_tok_s', int8, 'tjs int8 2t', 2),
  batchOfEight('gpt2', f32, 4),
  versus('gpt2', 'generate_ms', int8, 'tjs int8 2t', 1.8),
  versus('gpt2', 'generate_ms', f32, 'tjs f32 2t', 1.25),
  versus('t5-small', 'generate_ms', int8, 'tjs int8 2t', 1.5),
  versus('gpt2', 'load_ms', f32, 'tjs f32 2t', 4),
  versus('gpt2', 'load_ms', int8, 'tjs int8 2t', 1),
  versus('gpt2', 'load_ms', stored, 'tjs int8 2t', 4),
  versus('gpt2', 'peak_mb', f32, 'tjs f32 2t', 1 / 0.55),
  versus('gpt2', 'peak_mb', int8, 'tjs int8 2t', 1 / 0.4),
  versus('gpt2', 'peak_mb', stored, 'tjs int8 2t', 1 / 0.4),
  versus('gpt2', 'first_token_ms', stored, 'tjs int8 2t', 1 / 0.35),
  ...[
    ['t5-large+t5-small', 4],
    ['t5-large+gpt2', 2],
  ].flatMap(([family, least]) => [
    sooner(family, f32, f32, least),
    sooner(family, f32, 'hf f32 2t', least),
    sooner(family, int8, int8, least),
  ]),
];

/** Lines of Markdown: each target for which there are figures, and whether it is reached. */
export function targetLines(results) {
  const measured = lookUp(results);
  const lines = targets.flatMap((target) => line(target, target.of(measured)));
  if (lines.length === 0) return [];
  return ['## Targets', '', ...markdown(['', 'ours', 'other', 'wanted', 'is', 'reached'], lines), ''];
}

function line({ words, least, most }, { own, other, is, note }) {
  if (!Number.isFinite(is)) return [];
  const [wanted, reached] =
    least === undefined ? [`≤ ${digits(most)}×`, is <= most] : [`≥ ${digits(least)}×`, is >= least];
  const named = note === undefined ? words : `${words} (${note})`;
  return [[named, digits(own), digits(other), wanted, `${digits(is)}×`, reached ? 'yes' : '**no**']];
}

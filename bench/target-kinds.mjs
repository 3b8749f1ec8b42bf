/**
 * Kinds of targets. Each has `words`, what is wanted (`least` or `most`), and `of(measured)`: our figure, the other's, what
 * they come to, and perhaps a note; a figure that was not measured is undefined, and what it comes to is then no number.
 */
import { shapes } from './shapes.mjs';
import { digits, ratio } from './table.mjs';

/** Our row has a figure so many times better than another's. */
export const versus = (model, figure, ours, other, least) => ({
  words: `${model} ${figure}: ${ours} against ${other}`,
  least,
  of(measured) {
    const [own, their] = [ours, other].map((name) => measured.figure(model, name, figure));
    return { own, other: their, is: ratio(figure, own, their) };
  },
});

/** The part of the reading speed at which decoding goes through the weights. */
export const reading = (model, ours, threads, least) => ({
  words: `${model} decode, GB/s: ${ours} against reading alone`,
  least,
  of(measured) {
    const megabytes = measured.weightsMb(model, ours);
    const own = megabytes / measured.figure(model, ours, 'decode_ms'); // MB a ms are GB/s
    const other = measured.readGbs(1e6 * megabytes, threads);
    return { own, other, is: own / other };
  },
});

/** How many times faster two threads decode than one. */
export const twoThreads = (model, two, one, least) => ({
  words: `${model} decode_ms: ${two} against ${one}`,
  least,
  of(measured) {
    const [own, other] = [two, one].map((name) => measured.figure(model, name, 'decode_ms'));
    const bytes = 1e6 * measured.weightsMb(model, two);
    const growth = measured.readGbs(bytes, 2) / measured.readGbs(bytes, 1);
    return {
      own,
      other,
      is: other / own,
      note: Number.isFinite(growth) ? `reading alone ${digits(growth)}×` : undefined,
    };
  },
});

/** Eight prompts at once against one: tokens a second. */
export const batchOfEight = (model, ours, least) => ({
  words: `${model} tokens/s: ${ours}, batch 8 against batch 1`,
  least,
  of(measured) {
    const own = measured.figure(model, ours, 'batch8_tok_s');
    const other = 1000 / measured.figure(model, ours, 'decode_ms');
    return { own, other, is: own / other };
  },
});

/** A token far on costs what one at the start does, times what its keys and values add to the bytes that are read. */
export const flatDecode = (model, ours, most) => ({
  words: `${model} decode_ms: ${ours} at position 1000 against at 16 with the bytes of 984 keys and values more`,
  most,
  of(measured) {
    const { n_layer, n_embd } = shapes[model];
    const bytes = (position) => 1e6 * measured.weightsMb(model, ours) + position * 2 * n_layer * n_embd * 4;
    const at = [16, 256, 512, 1000].map((position) => [
      position,
      measured.figure(model, ours, `decode_at_${position}_ms`),
    ]);
    const own = at.at(-1)[1];
    const other = (at[0][1] * bytes(1000)) / bytes(16);
    return { own, other, is: own / other, note: `${digits(1000 * slope(at))} µs a position` };
  },
});

/** Reading a long prompt goes at the speed of a shorter one, in operations a second; those of attention are counted. */
export const linearPrefill = (model, ours, tokens, shorter, least) => ({
  words: `${model} prefill, GFLOP/s: ${ours}, ${tokens} tokens against ${shorter}`,
  least,
  of(measured) {
    const speed = (count) =>
      operations(shapes[model], count) / measured.figure(model, ours, `prefill_${count}_ms`) / 1e6;
    const [own, other] = [speed(tokens), speed(shorter)];
    return { own, other, is: own / other };
  },
});

/** A linear layer of many rows against the most that multiply-adds reach. */
export const nearPeak = (row, size, least) => ({
  words: `${size}, GFLOP/s: ${row} against the peak of 128-bit SIMD`,
  least,
  of(measured) {
    const [own, other] = [measured.kernel(row, size)?.gflops, measured.peakGflops()];
    return { own, other, is: own / other };
  },
});

/** How many times sooner the hybrid has written all than a large model alone. */
export const sooner = (family, ours, llm, least) => ({
  words: `${family}, ms end to end: hybrid, ${ours}, against the LLM alone, ${llm}`,
  least,
  of(measured) {
    const [own, other] = [measured.end(family, 'hybrid', ours), measured.end(family, 'LLM alone', llm)];
    return { own, other, is: other / own };
  },
});

/** Rise of the straight line through the points, least squares. */
export function slope(points) {
  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  const [x, y] = [0, 1].map((axis) => mean(points.map((point) => point[axis])));
  const sum = (term) => points.map(term).reduce((a, b) => a + b, 0);
  return sum(([px, py]) => (px - x) * (py - y)) / sum(([px]) => (px - x) ** 2);
}

/** Multiplications and additions that GPT-2 needs to read `count` tokens and tell the logits of the last. */
export function operations({ n_layer, n_embd: D, vocab_size }, count) {
  const layers = n_layer * (24 * D * D * count + 2 * D * count * (count + 1)); // 12 D² weights; half of QKᵀ and of PV
  return layers + 2 * D * vocab_size;
}

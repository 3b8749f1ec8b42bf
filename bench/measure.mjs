/**
 * What is measured of an engine: the same for all of them, in Node and in a page.
 *
 * An engine has
 *   generate(rows, n)   reads the rows of ids and writes n tokens behind each, greedily and whatever they are
 *   encode?(row)        T5's encoder alone, where the engine can run it alone
 *   times?(row, n)      milliseconds from the call to each of n tokens, where the engine tells them one by one
 */

/** Prompt lengths that are read, and tokens that are written. */
const lengths = [16, 128, 512, 1000];
const written = 64;
/** Positions at which decoding is timed: the median of this many tokens around each. */
const positions = [16, 256, 512, 1000];
const around = 16;

/** Fixed pseudo-random ids below `vocab`: every engine gets the same. */
export function ids(count, vocab, seed = 1) {
  let state = seed >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 100 + Math.floor((state / 2 ** 32) * (vocab - 100));
  });
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Figures by name, in the order in which they are taken, and the ids of one answer. `left_out` names the figures that
 * would have taken longer than `patience_ms` a call, judged by the smaller ones before them.
 *
 * `kind` is 't5' where a prompt goes through an encoder, `context` the most positions there are. `only` names the figures
 * that are wanted, where not all are. `elapsed` gives milliseconds since the process was started, `peak_mb` the highest
 * resident memory so far; a page has neither.
 */
export async function measure(engine, { kind, vocab, context = Number.POSITIVE_INFINITY, ...how }) {
  const { quick = false, patience_ms = 60_000, only, elapsed, peak_mb } = how;
  const prompts = (count, rows = 1) => Array.from({ length: rows }, (_, row) => ids(count, vocab, row + 1));
  const figures = {};
  const left_out = [];
  const wanted = (name) => only === undefined || only.includes(name);
  const once = async (call) => {
    const began = performance.now();
    await call();
    return performance.now() - began;
  };
  /** The median of a few calls; of one that takes long, just that. */
  const often = async (call) => {
    const [times, until] = [[], performance.now() + (quick ? 500 : 2000)];
    do times.push(await once(call));
    while (
      times[0] < patience_ms / 8 &&
      (times.length < (quick ? 2 : 3) || (performance.now() < until && times.length < 9))
    );
    return median(times);
  };
  /** Takes a figure that is wanted; `expected` is what one call may cost. */
  const take = async (name, expected, figure) => {
    if (!wanted(name)) return;
    if (expected > patience_ms) left_out.push(name);
    else figures[name] = await figure();
  };

  const first = await once(() => engine.generate(prompts(32), 1));
  if (elapsed) figures.first_token_ms = elapsed();
  let answer = [];
  const whole = await once(async () => {
    [answer] = await engine.generate(prompts(32), written); // also compiles what is compiled when it is hot
  });
  await take('generate_ms', whole, () => often(() => engine.generate(prompts(32), written)));
  if (peak_mb) figures.peak_mb = await peak_mb();

  let [shorter, cost] = [32, first];
  for (const length of lengths.filter((each) => each < context && (each < 1000 || kind === 'gpt2'))) {
    const expected = (cost * length) / shorter;
    if (engine.encode)
      await take(`encode_${length}_ms`, expected, () => often(() => engine.encode(ids(length, vocab))));
    const name = `prefill_${length}_ms`;
    await take(name, expected, () => often(() => engine.generate(prompts(length), 1)));
    if (figures[name]) [shorter, cost] = [length, figures[name]];
  }

  const perStep = async (rows) => {
    const prompt = prompts(kind === 't5' ? 64 : 16, rows);
    const short = await often(() => engine.generate(prompt, 1));
    const long = await often(() => engine.generate(prompt, written));
    return (long - short) / (written - 1);
  };
  await take('decode_ms', whole, () => perStep(1));
  await take('batch8_tok_s', 8 * whole, async () => 8000 / (await perStep(8)));
  if (engine.times && kind === 'gpt2' && !quick && positions.some((at) => wanted(nameAt(at)))) {
    const expected = (whole * (positions.at(-1) + around)) / written;
    const steps = expected > patience_ms ? [] : await stepsFrom(engine, ids(around / 2, vocab));
    for (const at of positions) await take(nameAt(at), expected, () => median(steps.slice(at - around, at)));
  }
  const rounded = Object.entries(figures)
    .filter(([name]) => wanted(name))
    .map(([name, value]) => [name, Number(value.toPrecision(6))]);
  return { figures: Object.fromEntries(rounded), left_out, answer: answer.slice(-written).join(' ') };
}

const nameAt = (position) => `decode_at_${position}_ms`;

/** Milliseconds of every step behind a prompt of half of `around`, so that steps n − around to n lie around position n. */
async function stepsFrom(engine, prompt) {
  const ms = await engine.times(prompt, positions.at(-1) + 1); // the first comes of the prompt
  return ms.slice(1).map((end, i) => end - ms[i]);
}

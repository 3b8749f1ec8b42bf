/**
 * BLEU of a corpus as sacreBLEU 2.6 counts it: tokens of mteval-v13a, mixed case, exponential smoothing.
 *
 * Units     0 … 100
 * Source    Papineni et al. 2002; Post 2018 (sacreBLEU); Chen & Cherry 2014, smoothing 3
 */
const order = 4;

/** Punctuation apart, but for points and commas between digits. */
export function tokens13a(text) {
  const plain = text
    .replaceAll('<skipped>', '')
    .replaceAll('-\n', '')
    .replaceAll('\n', ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
  return ` ${plain} `
    .replace(/([{-~[-` -&(-+:-@/])/g, ' $1 ')
    .replace(/([^0-9])([.,])/gu, '$1 $2 ')
    .replace(/([.,])([^0-9])/gu, ' $1 $2')
    .replace(/([0-9])(-)/g, '$1 $2 ')
    .split(/\s+/u)
    .filter((token) => token !== '');
}

/** Runs of 1 … 4 tokens, and how often each occurs; by their length. */
function runsOf(tokens) {
  return Array.from({ length: order }, (_, n) => {
    const counts = new Map();
    for (let i = 0; i + n < tokens.length; i++) {
      const run = tokens.slice(i, i + n + 1).join(' ');
      counts.set(run, (counts.get(run) ?? 0) + 1);
    }
    return counts;
  });
}

/** `pairs`: { hypothesis, references } each. A run counts as often as one reference has it; the nearest length counts. */
export function bleu(pairs) {
  const [matches, totals] = [new Array(order).fill(0), new Array(order).fill(0)];
  let [written, wanted] = [0, 0];
  for (const { hypothesis, references } of pairs) {
    const tokens = tokens13a(hypothesis);
    const others = references.map(tokens13a);
    const othersRuns = others.map(runsOf);
    written += tokens.length;
    const nearest = ({ length: a }, { length: b }) =>
      Math.abs(a - tokens.length) - Math.abs(b - tokens.length) || a - b;
    wanted += others.toSorted(nearest)[0].length;
    for (const [n, runs] of runsOf(tokens).entries()) {
      for (const [run, count] of runs) {
        totals[n] += count;
        matches[n] += Math.min(count, Math.max(...othersRuns.map((reference) => reference[n].get(run) ?? 0)));
      }
    }
  }
  if (totals.includes(0) || matches.every((count) => count === 0)) return 0;
  let smooth = 1;
  const logs = matches.map((count, n) => {
    if (count > 0) return Math.log((100 * count) / totals[n]);
    smooth *= 2;
    return Math.log(100 / (smooth * totals[n]));
  });
  const brevity = written < wanted ? Math.exp(1 - wanted / written) : 1;
  return brevity * Math.exp(logs.reduce((sum, log) => sum + log) / order);
}

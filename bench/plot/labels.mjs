/** What stands at the ends of the lines of a panel. */
const labelHeight = 30; // two lines of words

/**
 * One label a line, `{ writer, words, time }`: who wrote, how long all took and, of the hybrid, how many times sooner than the
 * LLM. Labels stand at the ends of their lines, moved apart where they would meet; `time` is where, in units of `unit` ms, on
 * an axis that goes to `top` in `height` pixels.
 */
export function labelsOf(lines, unit, top, height) {
  const end = ({ ms }) => ms.at(-1) / unit;
  const llm = lines.find(({ writer }) => writer === 'LLM alone');
  const gap = (top * labelHeight) / height;
  let above = Number.POSITIVE_INFINITY;
  const placed = [...lines]
    .sort((a, b) => end(b) - end(a))
    .map((line) => {
      above = Math.min(end(line), above - gap);
      const sooner = line.writer === 'hybrid' && llm ? `, ${(end(llm) / end(line)).toFixed(1)}×` : '';
      const told = `${Number(end(line).toPrecision(2))} ${unit === 1 ? 'ms' : 's'}${sooner}`;
      return { writer: line.writer, words: [line.writer, told], time: above };
    });
  return raised(placed, gap);
}

/** The lowest stands on the axis at least, and pushes those above it up. */
function raised(labels, gap) {
  let under = Number.NEGATIVE_INFINITY;
  return labels.toReversed().map((label) => {
    under = Math.max(label.time, under + gap, gap / 3);
    return { ...label, time: under };
  });
}

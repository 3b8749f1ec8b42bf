/** What targets ask of a run: figures by name, and which figures a list of targets asks for at all. */
import { nameOf } from './names.mjs';
import { summarise } from './table.mjs';

/** Answers from the results of a run; undefined where nothing was measured. */
export function lookUp({ runs, curves = [], kernels }) {
  const summaries = summarise(runs);
  const row = (model, name) => summaries.find((each) => each.model === model && nameOf(each.row) === name);
  return {
    figure: (model, name, figure) => row(model, name)?.figures[figure],
    weightsMb: (model, name) => row(model, name)?.info?.weights_mb,
    /** Milliseconds until the last token. */
    end: (family, writer, name) =>
      curves.find((each) => each.family === family && each.writer === writer && each.row === name)?.ms.at(-1),
    kernel: (name, size) => kernels?.kernels.find((each) => each.row === name && each.size === size),
    peakGflops: () => kernels?.peaks.multiply_gflops,
    readGbs: (bytes, threads) => kernels && nearest(kernels.peaks.read_gbs, bytes, threads),
  };
}

/** Of the sizes that were read, the nearest. */
function nearest(read_gbs, bytes, threads) {
  const distance = (each) => Math.abs(Math.log(each.bytes / bytes));
  const alike = read_gbs.filter((each) => each.threads === threads);
  return alike.sort((a, b) => distance(a) - distance(b))[0]?.gbs;
}

/** What `targets` would look up: `figures(model, name)` of a row, [] where it isn't needed, and whether `kernels` are. */
export function neededBy(targets) {
  const rows = new Map();
  let kernels = false;
  const figuresOf = (...row) => rows.get(row.join()) ?? [];
  const note = (model, name, ...figures) => {
    rows.set([model, name].join(), [...new Set([...figuresOf(model, name), ...figures])]);
    return 1;
  };
  const ask = () => {
    kernels = true;
    return 1;
  };
  const asked = {
    figure: note,
    weightsMb: (model, name) => note(model, name),
    end: () => 1,
    kernel: () => ({ gflops: ask() }),
    peakGflops: ask,
    readGbs: ask,
  };
  for (const { of } of targets) of(asked);
  return { figures: figuresOf, kernels };
}

import { NumericError } from '../../errors.ts';
import { broadcastStrides, type Shape } from '../../tensor/shape.ts';
import { eachRow, lastStep } from '../host.ts';
import type { SoftmaxAttrs } from '../softmax.ts';
import type { Arg, Block, Values, View } from './block.ts';
import { type Desk, floatsOf, type GpuKernel } from './desk.ts';
import { colsOf, type Placed, rowsOf } from './storage.ts';
import { at, column, row, unfold } from './unfold.ts';

/** Below every score, and finite: there is no −∞ to be written in a kernel. */
export const lowest = '(0 - 3.4e38)';

/**
 * Three launches: the largest score of a row, the sum of its exponentials, the quotients.
 *
 * Numerics  float32; what is masked gives exactly 0, and so does a row without anything allowed
 * Errors    NumericError a mask from the host that leaves a row nothing, unless emptyRows is 'zero'. NaN is not looked for
 */
export const softmax: GpuKernel<SoftmaxAttrs> = (desk, [x, bias, mask], { scale, past, emptyRows }, [y]) => {
  if (x === undefined) return [];
  if (emptyRows === 'error' && mask?.storage.host !== undefined) checkRows(x.shape, mask, past);
  const scores = desk.seeRows(x);
  const leading = x.shape.slice(0, -1);
  const { code, names } = unfold(row, leading, 'y');
  const place = (name: string, shape: Shape, i: string): string => {
    const steps = broadcastStrides(shape.slice(0, -1), leading);
    return `${name}[${at(names.map((each, axis) => [each, steps[axis]]))}][${colsOf(shape) === 1 ? '0' : i}]`;
  };
  const score = (i: string): string =>
    `scale * x[${row}][${i}]${bias === undefined ? '' : ` + ${place('bias', bias.shape, i)}`}`;
  const allowed = (i: string): string => (mask === undefined ? '' : `if (${place('mask', mask.shape, i)} > 0.5) `);
  const end = past === undefined ? 'n' : `Math.min(n, past + ${names.at(-1)} + 1)`;
  const parameters = ['x', 'scale', 'n', 'past', ...(bias ? ['bias'] : []), ...(mask ? ['mask'] : [])];
  const args: Arg[] = [scores, scale, colsOf(x.shape), past ?? 0];
  if (bias !== undefined) args.push(desk.seeRows(bias));
  if (mask !== undefined) args.push(padded(desk, mask, scores.cols));
  const launch = (body: string, cols: number, more: readonly [string, Block][]): Block =>
    desk.launch({
      source: `function (${[...parameters, ...more.map(([name]) => name)].join(', ')}) { ${code}const end = ${end}; ${body} }`,
      cols,
      rows: rowsOf(x.shape),
      args: [...args, ...more.map(([, block]): View => ({ block, cols: 1 }))],
    });
  const loop = (body: string): string =>
    `for (let i = 0; i < ${scores.cols}; i++) { if (i >= end) { break; } ${allowed('i')}{ ${body} } }`;
  const max = launch(`let m = ${lowest}; ${loop(`m = Math.max(m, ${score('i')});`)} return m;`, 1, []);
  const sumBody = `const m = max[${row}][0]; let s = 0; ${loop(`s = s + Math.exp(${score('i')} - m);`)} return s;`;
  const sum = launch(sumBody, 1, [['max', max]]);
  const quotient = `let v = 0; const z = sum[${row}][0];
    if (${column} < end) { ${allowed(column)}{ if (z > 0) { v = Math.exp(${score(column)} - max[${row}][0]) / z; } } }
    return v;`;
  return [desk.store(launch(quotient, scores.cols, [['max', max], ['sum', sum]]), y, scores.cols)]; // biome-ignore format: one line
};

/** A mask of the host, its rows as long as those of the scores, so that a longer cache needs no other kernel. */
function padded(desk: Desk, mask: Placed, pitch: number): View | Values {
  const width = colsOf(mask.shape);
  if (mask.storage.host === undefined || width === 1 || width === pitch) return desk.seeRows(mask);
  const [bits, rows] = [floatsOf(mask), rowsOf(mask.shape)];
  const values = new Float32Array(rows * pitch);
  for (let r = 0; r < rows; r++) values.set(bits.subarray(r * width, (r + 1) * width), r * pitch);
  return { values, cols: pitch };
}

function checkRows(shape: Shape, mask: Placed, past: number | undefined): void {
  const { host = [] } = mask.storage;
  const [n, queries] = [colsOf(shape), shape.at(-2) ?? 1];
  const step = lastStep(mask.shape, shape);
  eachRow(shape, [mask.shape], (r, [begin]) => {
    const seen = past === undefined ? n : Math.min(n, past + (r % queries) + 1);
    for (let i = 0; i < seen; i++) if (Number(host[begin + i * step]) !== 0) return;
    throw new NumericError(`row ${r} has nothing allowed: every entry is masked or −∞`, { op: 'softmax' });
  });
}

import { broadcastStrides } from '../../tensor/shape.ts';
import type { GeluForm } from '../gelu.ts';
import type { GpuKernel } from './desk.ts';
import { colsOf, rowsOf } from './storage.ts';
import { at, column, row, unfold } from './unfold.ts';

/** An op that maps each element v by itself; `body` gives the statements that end in `return`. */
function each(body: string): GpuKernel<unknown> {
  return (desk, [x], _attrs, [y]) => {
    if (x === undefined) return [];
    const source = `function (x) { const v = x[${row}][${column}]; ${body} }`;
    return [desk.store(desk.launch({ source, cols: colsOf(y.shape), rows: rowsOf(y.shape), args: [desk.see(x)] }), y)];
  };
}

/** e^t, 0 below −87 and never infinite: the limits of float32. */
const capped = (t: string): string => `Math.exp(Math.min(${t}, 88))`;

/** v / (1 + e^t), which is 0 where e^t is beyond float32. */
const over = (t: string): string => `const t = ${t}; if (t > 88) { return 0; } return v / (1 + ${capped('t')});`;

/**
 * Sets q = erfc(a) / e^(−a²) for a ≥ 0, and g = e^(−a²).
 *
 * Numerics  relative error 1.2·10⁻⁷ before float32's own; a² is taken in two parts, of which the first is exact
 * Source    Chebyshev fit: Press et al., Numerical Recipes, `erfcc`
 */
const erfc = `
  const w = 1 / (1 + 0.5 * a);
  const q = w * Math.exp(w * (1.00002368 + w * (0.37409196 + w * (0.09678418 + w * (w * (0.27886807 + w * (w * (1.48851587
    + w * (w * 0.17087277 - 0.82215223)) - 1.13520398)) - 0.18628806)))) - 1.26551223);
  const head = Math.floor(a * 256) / 256;
  const g = Math.exp(0 - head * head) * Math.exp(0 - (a - head) * (a + head));`;

/** ½·v·erfc(−v/√2): the product with ½·erfc is small where v is far below zero. */
const geluErf = `
  const a = Math.min(Math.abs(v) * 0.7071067811865476, 13); ${erfc}
  let y = 0.5 * v * q * g;
  if (v > 0) { y = v - y; }`;

/** sin of nothing: tanh by a continued fraction where it is nearly a line, by e^2v elsewhere. */
const tanhBody = `
  const a = Math.abs(v);
  if (a < 0.6) {
    const s = v * v;
    return v * (135135 + s * (17325 + s * (378 + s))) / (135135 + s * (62370 + s * (3150 + s * 28)));
  }
  const y = 1 - 2 / (1 + Math.exp(Math.min(2 * a, 30)));
  if (v < 0) { return 0 - y; }
  return y;`;

export const gelu: GpuKernel<{ readonly form: GeluForm }> = (desk, inputs, attrs, outputs) => {
  const body =
    attrs.form === 'erf' ? `${geluErf} return y;` : over('(0 - 1.5957691216057308) * (v + 0.044715 * v * v * v)');
  return each(body)(desk, inputs, attrs, outputs);
};

export const gelu10 = each(`${geluErf} return Math.max(Math.min(y, 10), 0 - 10);`);
export const laplace = each(`
  const d = (0.707107 - v) / 0.3989425760467588;
  const a = Math.min(Math.abs(d), 13); ${erfc}
  const y = 0.5 * q * g;
  if (d < 0) { return 1 - y; }
  return y;`);
export const leakyRelu = each('if (v >= 0) { return v; } return 0.01 * v;');
export const mish = each(`
  if (v > 20) { return v; }
  const e = Math.exp(v);
  const n = e * (e + 2);
  return v * (n / (n + 2));`);
export const quickGelu = each(over('(0 - 1.702) * v'));
export const relu = each('return Math.max(v, 0);');
export const relu2 = each('const y = Math.max(v, 0); return y * y;');
export const relu6 = each('return Math.min(Math.max(v, 0), 6);');
export const sigmoid = each('const t = 0 - v; if (t > 88) { return 0; } return 1 / (1 + Math.exp(t));');
export const silu = each(over('0 - v'));
export const tanh = each(tanhBody);

export const scale: GpuKernel<{ readonly factor: number }> = (desk, [x], { factor }, [y]) => {
  if (x === undefined) return [];
  const source = `function (x, factor) { return factor * x[${row}][${column}]; }`;
  const args = [desk.see(x), factor];
  return [desk.store(desk.launch({ source, cols: colsOf(y.shape), rows: rowsOf(y.shape), args }), y)];
};

/** An op on pairs of elements, broadcast by NumPy's rule. */
const pairs =
  (operator: '+' | '*'): GpuKernel<undefined> =>
  (desk, [a, b], _attrs, [y]) => {
    if (a === undefined || b === undefined) return [];
    const leading = y.shape.slice(0, -1);
    const { code, names } = unfold(row, leading, 'y');
    const place = (name: string, shape: readonly number[]): string => {
      const steps = broadcastStrides(shape.slice(0, -1), leading);
      const rows = at(names.map((each, i) => [each, steps[i]]));
      return `${name}[${rows}][${colsOf(shape) === 1 ? '0' : column}]`;
    };
    const source = `function (a, b) { ${code}return ${place('a', a.shape)} ${operator} ${place('b', b.shape)}; }`;
    const args = [desk.see(a), desk.see(b)];
    return [desk.store(desk.launch({ source, cols: colsOf(y.shape), rows: rowsOf(y.shape), args }), y)];
  };

export const add = pairs('+');
export const mul = pairs('*');

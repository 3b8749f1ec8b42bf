/** What kernels.mjs measured, as lines of Markdown. */
import { digits, markdown } from './table.mjs';

/** A table of kernels by row and size, and one of the peaks that they are to be judged by. */
export function kernelLines({ peaks, kernels }) {
  const sizes = [...new Set(kernels.map(({ size }) => size))];
  const rows = [...new Set(kernels.map(({ row }) => row))];
  const find = (row, size) => kernels.find((each) => each.row === row && each.size === size);
  const cell = (row, { gflops, gbs }) => {
    if (gflops === undefined) return `${digits(gbs)} GB/s`;
    return row.includes(' int8 ') ? `${digits(gflops)} GOP/s` : `${digits(gflops)} GFLOP/s`;
  };
  const bytes = [...new Set(peaks.read_gbs.map((each) => each.bytes))];
  const threads = [...new Set(peaks.read_gbs.map((each) => each.threads))];
  const read = (b, t) => peaks.read_gbs.find((each) => each.bytes === b && each.threads === t).gbs;
  return [
    '## Kernels',
    '',
    'Linear layers, rows × inputs × outputs; GB/s of weights where there is one row.',
    '',
    ...markdown(
      ['', ...sizes],
      rows.map((row) => [row, ...sizes.map((size) => cell(row, find(row, size)))]),
    ),
    '',
    `The most this machine does with 128-bit SIMD: ${digits(peaks.multiply_gflops)} GFLOP/s of f32 multiply-adds a thread, ${digits(peaks.dot_gops)} GOP/s of int8 ones. Reading, GB/s:`,
    '',
    ...markdown(
      ['', ...bytes.map((b) => `${digits(b / 1e6)} MB`)],
      threads.map((t) => [`${t} ${t === 1 ? 'thread' : 'threads'}`, ...bytes.map((b) => digits(read(b, t)))]),
    ),
    '',
  ];
}

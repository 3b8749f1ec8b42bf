/** What assembly/index.ts exports. Addresses are bytes; part `part` of `parts` is what one thread does at a time. */
export interface Kernels {
  gemm(
    ...args: [
      ...[tiles: number, w: number, bias: number, y: number, room: number],
      ...[M: number, N: number, K: number, kind: number, paired: number, part: number, parts: number],
    ]
  ): void;
  gemm8(
    ...args: [
      ...[tiles: number, w: number, bias: number, y: number, room: number],
      ...[M: number, N: number, K: number, wide: number, paired: number, part: number, parts: number],
    ]
  ): void;
  setUp(): void;
  quantiseRows(
    ...args: [from: number, to: number, rows: number, K: number, bad: number, part: number, parts: number]
  ): void;
  quantiseColumns(
    ...args: [
      ...[from: number, to: number, rows: number, N: number, K: number, k: number],
      ...[bad: number, part: number, parts: number],
    ]
  ): void;
  placeRows(
    ...args: [
      ...[from: number, scales: number, to: number, rows: number, K: number],
      ...[bad: number, part: number, parts: number],
    ]
  ): void;
  placeColumns(
    ...args: [
      ...[from: number, scales: number, to: number, rows: number, N: number, K: number, k: number],
      ...[bad: number, part: number, parts: number],
    ]
  ): void;
  gemm4: Kernels['gemm8'];
  quantiseRows4(
    ...args: [
      ...[from: number, to: number, room: number, rows: number, K: number],
      ...[bad: number, part: number, parts: number],
    ]
  ): void;
  quantiseColumns4(
    ...args: [
      ...[from: number, to: number, room: number, rows: number, N: number, K: number, k: number],
      ...[bad: number, part: number, parts: number],
    ]
  ): void;
  placeRows4(
    ...args: [
      ...[from: number, scales: number, to: number, room: number, rows: number, K: number],
      ...[bad: number, part: number, parts: number],
    ]
  ): void;
  placeColumns4(
    ...args: [
      ...[from: number, scales: number, to: number, room: number, rows: number, N: number, K: number, k: number],
      ...[bad: number, part: number, parts: number],
    ]
  ): void;
  signTiles(a: number, M: number, K: number, part: number, parts: number): void;
  quantiseTiles: Tiles;
  lookup8(table: number, y: number, id: number, K: number): void;
  lookup4(table: number, y: number, id: number, K: number): void;
  packRows32: PackRows;
  packRows16: PackRows;
  packColumns32: PackColumns;
  packColumns16: PackColumns;
  packTiles: Tiles;
  lookup(table: number, y: number, id: number, K: number): void;
  lookup16(table: number, y: number, id: number, K: number): void;
  mostOf(from: number, size: number, mask: number): number;
  widen(from: number, to: number, size: number, kind: number): void;
  attentionRoom(BH: number, T: number, S: number, E: number, parts: number): number;
  attention(
    ...args: [
      ...[q: number, keys: number, values: number, z: number],
      ...[bias: number, biasB: number, biasH: number, biasT: number, biasStep: number],
      ...[mask: number, maskB: number, maskH: number, maskT: number, maskStep: number],
      ...[room: number, status: number, B: number, H: number, T: number, S: number, E: number],
      ...[past: number, scale: number, paired: number, part: number, parts: number],
    ]
  ): void;
  attentionScores(
    ...args: [
      ...[q: number, keys: number, y: number, BH: number, T: number, S: number],
      ...[E: number, scale: number, room: number, paired: number, part: number, parts: number],
    ]
  ): void;
  mix(
    ...args: [
      ...[p: number, values: number, z: number, BH: number],
      ...[T: number, S: number, E: number, room: number, paired: number, part: number, parts: number],
    ]
  ): void;
  softmax(
    ...args: [
      ...[x: number, bias: number, biasB: number, biasH: number, biasT: number, biasStep: number],
      ...[mask: number, maskB: number, maskH: number, maskT: number, maskStep: number],
      ...[y: number, room: number, status: number, B: number, H: number, T: number, n: number],
      ...[past: number, scale: number, part: number, parts: number],
    ]
  ): void;
  largest(x: number, n: number): number;
  sumOfExp(x: number, n: number, top: number): number;
  subtractBoth(x: number, y: number, n: number, top: number, log: number): void;
  norm(
    ...args: [
      ...[x: number, gain: number, shift: number, y: number, bad: number],
      ...[D: number, eps: number, rows: number, part: number, parts: number],
    ]
  ): void;
  move(
    ...args: [
      ...[from: number, to: number, n0: number, n1: number, n2: number],
      ...[s0: number, s1: number, s2: number, bytes: number],
    ]
  ): void;
  scale(x: number, y: number, n: number, factor: number): void;
  add: Map2;
  mul: Map2;
  relu: Map1;
  relu2: Map1;
  relu6: Map1;
  leakyRelu: Map1;
  sigmoid: Map1;
  silu: Map1;
  quickGelu: Map1;
  geluTanh: Map1;
  tanh: Map1;
  expOf: Map1;
}

/** Kernels that put weights where they belong, and whose work threads may split. */
export const weightKernels = [
  ...(['packRows32', 'packRows16', 'packColumns32', 'packColumns16'] as const),
  ...(['quantiseRows', 'quantiseColumns', 'placeRows', 'placeColumns'] as const),
  ...(['quantiseRows4', 'quantiseColumns4', 'placeRows4', 'placeColumns4'] as const),
] as const;

/** All kernels whose work threads may split. */
export const divisible = [
  ...weightKernels,
  ...(['gemm', 'gemm8', 'gemm4', 'packTiles', 'quantiseTiles', 'signTiles'] as const),
  ...(['attention', 'attentionScores', 'mix', 'softmax', 'norm', 'add', 'mul'] as const),
  ...(['relu', 'relu2', 'relu6', 'leakyRelu', 'sigmoid', 'silu', 'quickGelu', 'geluTanh', 'tanh'] as const),
] as const;
export type Divisible = (typeof divisible)[number];

/** The arguments of such a kernel before `part` and `parts`. */
export type Whole<F> = F extends (...args: [...infer A extends number[], number, number]) => void ? A : never;

/** y = f(x), n elements. */
export type Map1 = (x: number, y: number, n: number, part: number, parts: number) => void;

/** y = f(a, b), n elements; a step is 1, or 0 for one element that meets all. */
export type Map2 = (
  ...args: [a: number, aStep: number, b: number, bStep: number, y: number, n: number, part: number, parts: number]
) => void;

/** Rows of x [M K] into tiles. */
type Tiles = (x: number, to: number, M: number, K: number, part: number, parts: number) => void;

/** Rows of a weight [out, in] into panels. */
type PackRows = (from: number, to: number, rows: number, K: number, part: number, parts: number) => void;

/** Rows k … of a weight [in, out] into panels. */
type PackColumns = (
  ...args: [from: number, to: number, rows: number, N: number, K: number, k: number, part: number, parts: number]
) => void;

import { FormatError, show } from '../errors.ts';
import { bitsPerElement, type FileDtype, fileDtypes, isFileDtype } from './dtypes.ts';
import { JsonScanner } from './json-scanner.ts';

/** What a header says of one tensor. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: FileDtype;
  /** Sizes of the axes. One beyond 2⁵³, which only an empty tensor can have, is rounded to a float64. */
  readonly shape: readonly number[];
  /** Where the bytes lie, counted from the start of the file: [begin, end). */
  readonly begin: number;
  readonly end: number;
  readonly bytes: number;
  /** Name of the file that holds them. */
  readonly file: string;
}

export interface Header {
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: ReadonlyMap<string, string>;
}

const U64 = 2n ** 64n;

/**
 * Reads and checks the JSON of a header: what is in the file is exactly what it says, without holes or overlaps.
 *
 * Shapes    `text` the decoded header; its data follow at byte `dataStart` and end with the file, at byte `size`
 * Errors    FormatError whatever the reference implementation rejects, and any key that occurs twice
 */
export function parseHeader(text: string, file: string, dataStart: number, size: number): Header {
  const scan = new JsonScanner(text, file, 8);
  const metadata = new Map<string, string>();
  const infos: TensorInfo[] = [];
  scan.object('the header', (name) => {
    if (name !== '__metadata__') infos.push(parseTensor(scan, name, file, dataStart));
    else if (!scan.null())
      scan.object('"__metadata__"', (key) => metadata.set(key, scan.string(`metadata ${show(key)}`)));
  });
  scan.end();
  infos.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCover(infos, file, dataStart, size);
  return { tensors: new Map(infos.map((info) => [info.name, info])), metadata };
}

/** One tensor: an object, or, as the reference implementation allows, its three values in an array. */
function parseTensor(scan: JsonScanner, name: string, file: string, dataStart: number): TensorInfo {
  const label = `tensor ${show(name)}`;
  let dtype: FileDtype | undefined;
  let shape: Axes | undefined;
  let offsets: (number | bigint)[] | undefined;
  const field = (key: string): void => {
    if (key === 'dtype') dtype = parseDtype(scan, label);
    else if (key === 'shape') shape = parseShape(scan, label);
    else if (key === 'data_offsets') offsets = parseOffsets(scan, label);
    else scan.skip(`"${key}" of ${label}`);
  };
  if (scan.peek() === '[') {
    scan.array(label, (i) => {
      if (i > 2) scan.fail(`${label} is an array of more than dtype, shape and data_offsets`);
      field(['dtype', 'shape', 'data_offsets'][i]);
    });
  } else scan.object(label, field);
  if (dtype === undefined) return scan.fail(`${label} has no "dtype"`);
  if (shape === undefined) return scan.fail(`${label} has no "shape"`);
  if (offsets === undefined) return scan.fail(`${label} has no "data_offsets"`);

  const bits = BigInt(shape.elements) * BigInt(bitsPerElement(dtype));
  if (bits >= U64) scan.fail(`${label}: shape ${show(shape.sizes)} of ${dtype} overflows 64 bits`);
  if (bits % 8n !== 0n) scan.fail(`${label}: shape ${show(shape.sizes)} of ${dtype} does not fill whole bytes`);
  const [from, to] = offsets.map(Number);
  if (from > to) scan.fail(`${label}: data_offsets [${offsets}] end before they begin`);
  // Past 2⁵³ rounding may hide a difference here; such offsets lie outside of every file, which is checked last.
  if (BigInt(to - from) !== bits / 8n) {
    scan.fail(
      `${label}: shape ${show(shape.sizes)} of ${dtype} takes ${bits / 8n} bytes, data_offsets give ${to - from}`,
    );
  }
  return { name, dtype, shape: shape.sizes, begin: dataStart + from, end: dataStart + to, bytes: to - from, file };
}

function parseDtype(scan: JsonScanner, label: string): FileDtype {
  const name = scan.string(`"dtype" of ${label}`);
  if (!isFileDtype(name))
    return scan.fail(`${label} has the unknown dtype ${show(name)}; known: ${fileDtypes.join(', ')}`);
  return name;
}

interface Axes {
  readonly sizes: number[];
  /** Their product, exact. */
  readonly elements: number | bigint;
}

function parseShape(scan: JsonScanner, label: string): Axes {
  const sizes: number[] = [];
  let elements: number | bigint = 1;
  const axis = `an axis of ${label}`;
  scan.array(`"shape" of ${label}`, () => {
    const size = scan.natural(axis);
    sizes.push(Number(size));
    elements = product(elements, size);
    if (elements >= U64) scan.fail(`${label}: the number of elements overflows 64 bits`);
  });
  return { sizes, elements };
}

/** a·b without rounding. */
function product(a: number | bigint, b: number | bigint): number | bigint {
  const rounded = Number(a) * Number(b);
  return rounded <= Number.MAX_SAFE_INTEGER ? rounded : BigInt(a) * BigInt(b);
}

function parseOffsets(scan: JsonScanner, label: string): (number | bigint)[] {
  const offsets: (number | bigint)[] = [];
  scan.array(`"data_offsets" of ${label}`, () => {
    offsets.push(scan.natural(`an offset of ${label}`));
    if (offsets.length > 2) scan.fail(`"data_offsets" of ${label} must be two numbers, got more`);
  });
  if (offsets.length < 2) scan.fail(`"data_offsets" of ${label} must be two numbers, got ${offsets.length}`);
  return offsets;
}

/** Sorted tensors must follow each other without a gap from the first byte of the data to the last. */
function checkCover(infos: readonly TensorInfo[], file: string, dataStart: number, size: number): void {
  let at = dataStart;
  let before = 'the header';
  for (const { name, begin, end } of infos) {
    if (begin !== at) {
      const what = begin > at ? `${begin - at} bytes between ${before} and` : `${before} overlaps with`;
      const verb = begin > at ? ' belong to no tensor' : '';
      throw new FormatError(`${what} tensor ${show(name)}${verb}`, { op: 'safetensors', where: `${file}, byte ${at}` });
    }
    at = end;
    before = `tensor ${show(name)}`;
  }
  if (at !== size) {
    throw new FormatError(`the header describes ${at} bytes, the file has ${size}`, {
      op: 'safetensors',
      where: `${file}, byte ${Math.min(at, size)}`,
      hint:
        at > size ? 'the file is incomplete: download or copy it again' : 'bytes after the last tensor are not allowed',
      expected: at,
      got: size,
    });
  }
}

import type { WriteStream } from 'node:tty';
import Table from 'cli-table3';
import colors from 'picocolors';

type Stream = NodeJS.WriteStream & Partial<WriteStream>;

/** Colours where the stream is a terminal and nobody said NO_COLOR. */
export function paint(stream: Stream): ReturnType<typeof colors.createColors> {
  return colors.createColors(stream.isTTY === true && colors.isColorSupported);
}

/** Text to stdout; resolves when there is room for more. */
export async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await new Promise((resolve) => process.stdout.once('drain', resolve));
}

export const printLine = (text: string): Promise<void> => print(`${text}\n`);
export const printJson = (value: unknown): Promise<void> => printLine(JSON.stringify(value));

/** A note for whoever watches: to stderr, and only on a terminal. */
export function note(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${paint(process.stderr).dim(text)}\n`);
}

export interface Column {
  readonly head: string;
  readonly align?: 'left' | 'right';
  /** Wraps what is longer. */
  readonly width?: number;
}

const frame = ['top', 'bottom', 'mid'].flatMap((line) => [line, `${line}-left`, `${line}-mid`, `${line}-right`]);
const noFrame = Object.fromEntries(
  [...frame, 'left', 'right', 'left-mid', 'mid-mid', 'right-mid'].map((at) => [at, '']),
);

/** Columns without a frame, the heads dimmed. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const { dim } = paint(process.stdout);
  const drawn = new Table({
    head: columns.map(({ head }) => dim(head)),
    colAligns: columns.map(({ align = 'left' }) => align),
    colWidths: columns.map(({ width }) => width ?? null),
    wordWrap: true,
    chars: { ...noFrame, middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** `1 tensor`, `3 tensors`, `12,345 tensors`. */
export const count = (n: number, one: string): string => `${n.toLocaleString('en-US')} ${one}${n === 1 ? '' : 's'}`;

/** Bytes in powers of 1000: `391 B`, `1.33 MB`. */
export function size(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toPrecision(3)} ${['B', 'kB', 'MB', 'GB', 'TB'][power]}`;
}

import { InvalidArgumentError } from 'commander';

const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** `2GB`, `500 MB`, `1.5GiB` or just bytes: the number of bytes. */
export function byteCount(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * (units[unit?.toUpperCase()] ?? Number.NaN));
  if (bytes >= 1) return bytes;
  throw new InvalidArgumentError('It must be a size such as 2GB, 500MB or 1GiB.');
}

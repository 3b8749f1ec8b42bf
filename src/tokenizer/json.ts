/** Reading JSON that may say anything: each helper returns a typed value or tells the place and what it found there. */
import { FormatError, nearestNames, show } from '../errors.ts';
import { loneSurrogateAt } from './well-formed.ts';

export type JsonObject = { readonly [key: string]: unknown };

const strict = new TextDecoder('utf-8', { fatal: true });

/** The text of a file; bytes that are not UTF-8 are a FormatError. */
export function readText(bytes: Uint8Array, file: string): string {
  try {
    return strict.decode(bytes);
  } catch (cause) {
    throw new FormatError('the file must be UTF-8 text', { where: file, cause });
  }
}

export function readJson(bytes: Uint8Array, file: string): unknown {
  const text = readText(bytes, file);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.slice(0, 120) : String(cause);
    throw new FormatError(`the file must be JSON: ${reason}`, { where: file, cause });
  }
}

export function asObject(value: unknown, where: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw wrong('an object', value, where);
}

export function asArray(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw wrong('an array', value, where);
}

/** A string of whole characters. */
export function asString(value: unknown, where: string): string {
  if (typeof value !== 'string') throw wrong('a string', value, where);
  if (loneSurrogateAt(value) >= 0) throw wrong('a well-formed string', value, where);
  return value;
}

export function asBoolean(value: unknown, where: string): boolean {
  if (typeof value === 'boolean') return value;
  throw wrong('true or false', value, where);
}

/** Token ids: whole numbers that fit a signed 32-bit array. */
export function asId(value: unknown, where: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31) return value;
  throw wrong('a whole number from 0 to 2³¹ − 1', value, where);
}

/** A value that must be one of those known here; anything else would change the result in silence. */
export function asOneOf<T extends string>(value: unknown, known: readonly T[], where: string): T {
  const found = known.find((name) => name === value);
  if (found !== undefined) return found;
  throw new FormatError(`${show(value)} is not known here; known: ${known.join(', ')}`, {
    where,
    got: value,
    expected: known,
  });
}

/** Every key must be known: one that is not could mean anything. */
export function onlyKeys(object: JsonObject, known: readonly string[], where: string): void {
  const extra = Object.keys(object).find((key) => !known.includes(key));
  if (extra === undefined) return;
  throw new FormatError(`the key ${show(extra)} is not known here; known: ${known.join(', ')}`, {
    where,
    got: extra,
    nearest: nearestNames(extra, known),
  });
}

function wrong(rule: string, value: unknown, where: string): FormatError {
  return new FormatError(`must be ${rule}, got ${show(value)} (${value === null ? 'null' : typeof value})`, {
    where,
    got: value,
  });
}

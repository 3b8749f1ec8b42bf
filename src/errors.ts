/**
 * Every error the engine throws on purpose: a sentence for people, fields for programs.
 *
 *   ShapeError: matmul: inner sizes differ: a [5, 768] × b [512, 768]
 *     in decoder.blocks.3.mlp, weight "h.3.mlp.c_fc.weight" of model.safetensors
 *     hint: T5 stores linear weights as [out, in]; GPT-2 stores them as [in, out]
 *
 * The first line is complete in itself: who speaks (`op`), the argument in quotes, the rule, the value and its type.
 */
export interface ErrorDetails {
  /** Who found it: an op, a function, an option group, a file reader. */
  readonly op?: string;
  /** Part of the model: `decoder.blocks.3.mlp`. */
  readonly path?: string;
  /** Where: file, weight, line, byte offset, JSON path. */
  readonly where?: string;
  /** What to do about it. */
  readonly hint?: string;
  readonly expected?: unknown;
  readonly got?: unknown;
  /** Nearest existing names, best first. */
  readonly nearest?: readonly string[];
  readonly cause?: unknown;
}

export abstract class BatonError extends Error {
  /** Spelt out in each class, because minifiers rename classes. */
  abstract override readonly name: string;
  /** Stable machine-readable kind. */
  abstract readonly code: string;
  readonly summary: string;
  readonly op?: string;
  readonly path?: string;
  readonly where?: string;
  readonly hint?: string;
  readonly expected?: unknown;
  readonly got?: unknown;
  readonly nearest?: readonly string[];

  constructor(summary: string, details: ErrorDetails = {}) {
    super(compose(summary, details), details.cause === undefined ? undefined : { cause: details.cause });
    this.summary = summary;
    this.op = details.op;
    this.path = details.path;
    this.where = details.where;
    this.hint = details.hint;
    this.expected = details.expected;
    this.got = details.got;
    this.nearest = details.nearest;
  }

  /** The same error, told where it happened; an inner place stays in front of an outer one. */
  at(where: string): this {
    return this.#told({ where: this.where === undefined ? where : `${this.where}, ${where}` });
  }

  /** The same error, told that it left this part of the model. */
  under(part: string): this {
    return this.#told({ path: this.path === undefined ? part : `${part}.${this.path}` });
  }

  #told(details: Pick<ErrorDetails, 'where' | 'path'>): this {
    Object.assign(this, details);
    this.message = compose(this.summary, this);
    return this;
  }
}

function compose(summary: string, { op, path, where, hint, nearest }: ErrorDetails): string {
  const lines = [op === undefined ? summary : `${op}: ${summary}`];
  const place = [path, where].filter((part) => part !== undefined).join(', ');
  if (place !== '') lines.push(`  in ${place}`);
  if (nearest !== undefined && nearest.length > 0) lines.push(`  nearest: ${nearest.join(', ')}`);
  if (hint !== undefined) lines.push(`  hint: ${hint}`);
  return lines.join('\n');
}

/** Sizes that do not fit together. */
export class ShapeError extends BatonError {
  override readonly name = 'ShapeError';
  readonly code = 'SHAPE';
}

/** A dtype an operation or a file does not take. */
export class DtypeError extends BatonError {
  override readonly name = 'DtypeError';
  readonly code = 'DTYPE';
}

/** A tensor of a checkpoint that is missing, unexpected or of the wrong shape. */
export class WeightError extends BatonError {
  override readonly name = 'WeightError';
  readonly code = 'WEIGHT';
}

/** Bytes or text that are not what their format demands: safetensors, JSON, protobuf, configs. */
export class FormatError extends BatonError {
  override readonly name = 'FormatError';
  readonly code = 'FORMAT';
}

/** Text or ids a tokenizer cannot take. */
export class TokenizerError extends BatonError {
  override readonly name = 'TokenizerError';
  readonly code = 'TOKENIZER';
}

/** NaN where a number is needed, a row without any allowed entry, an id out of range. */
export class NumericError extends BatonError {
  override readonly name = 'NumericError';
  readonly code = 'NUMERIC';
}

/** An argument or option with a value outside its rule. */
export class OptionError extends BatonError {
  override readonly name: string = 'OptionError';
  readonly code: string = 'OPTION';
}

/** An option nobody knows, or one that is known and not offered here. Never ignored. */
export class UnsupportedOptionError extends OptionError {
  override readonly name = 'UnsupportedOptionError';
  override readonly code = 'UNSUPPORTED_OPTION';
}

/** A file, folder or address that cannot be reached or read. */
export class LoadError extends BatonError {
  override readonly name = 'LoadError';
  readonly code = 'LOAD';
}

/** Use of something after `dispose()`, or of a backend that cannot do what is asked. */
export class StateError extends BatonError {
  override readonly name = 'StateError';
  readonly code = 'STATE';
}

/** A value as an error should show it: short, quoted, with its type where that helps. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (value === null || typeof value === 'number' || typeof value === 'boolean' || value === undefined)
    return String(value);
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  if (Array.isArray(value)) {
    const head = value.slice(0, 8).map(show).join(', ');
    return `[${head}${value.length > 8 ? `, … ${value.length} in all` : ''}]`;
  }
  if (ArrayBuffer.isView(value))
    return `${value.constructor.name}(${(value as Uint8Array).length ?? value.byteLength})`;
  return value.constructor?.name && value.constructor.name !== 'Object' ? `a ${value.constructor.name}` : 'an object';
}

/** The names nearest to `name`, by edit distance, best first; names with nothing in common are left out. */
export function nearestNames(name: string, known: Iterable<string>, limit = 3): string[] {
  const scored: [number, string][] = [];
  for (const candidate of known) {
    const distance = editDistance(name.slice(0, 200), candidate.slice(0, 200));
    if (distance <= Math.max(2, Math.ceil(Math.max(name.length, candidate.length) * 0.4)))
      scored.push([distance, candidate]);
  }
  return scored
    .sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1))
    .slice(0, limit)
    .map(([, candidate]) => candidate);
}

/** Levenshtein distance with one row of memory. */
function editDistance(a: string, b: string): number {
  const row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row[0];
    row[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const above = row[j];
      row[j] = Math.min(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] === b[j - 1] ? 0 : 1));
      diagonal = above;
    }
  }
  return row[b.length];
}

import { nearestNames, OptionError, show, UnsupportedOptionError } from '../errors.ts';
import { checkContradictions } from './contradictions.ts';
import { type GenerateOptions, metadata, notOffered, offered, type ResolvedOptions } from './option-table.ts';

/** One place that says something about generation, the strongest first. */
export interface Layer {
  /** As it stands in messages. */
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Whether a caller wrote it for this call: then null speaks, and a value without effect is a mistake. */
  readonly explicit: boolean;
}

const op = 'generate';
const isOffered = (name: string): name is keyof ResolvedOptions => Object.hasOwn(offered, name);
const isKnown = (name: string): name is keyof typeof notOffered => Object.hasOwn(notOffered, name);

/**
 * The options that hold for one call: the call itself, then its `generation_config`, then generation_config.json, then
 * what config.json says about generation. A length in tokens and the same in columns are one option: the stronger
 * place decides which of them holds.
 *
 * Errors    OptionError for a value outside its rule and for options that contradict each other ·
 *           UnsupportedOptionError for a name nobody knows (with the nearest) and for options not offered here
 * Source    transformers v5, GenerationConfig and `generate`
 */
export function resolveOptions(
  call: GenerateOptions = {},
  fromFile: Readonly<Record<string, unknown>> = {},
  fromModelConfig: Readonly<Record<string, unknown>> = {},
): ResolvedOptions {
  const { generation_config = {}, ...said } = call;
  if (typeof generation_config !== 'object' || Array.isArray(generation_config)) {
    throw new OptionError(`"generation_config" must be an object of options or null, got ${show(generation_config)}`, {
      op,
    });
  }
  const layers: Layer[] = [
    { name: 'the call', values: said, explicit: true },
    { name: '"generation_config"', values: generation_config ?? {}, explicit: true },
    { name: 'generation_config.json', values: fromFile, explicit: false },
    { name: 'config.json', values: onlyKnown(fromModelConfig), explicit: false },
  ];
  for (const [i, layer] of layers.entries()) checkLayer(layer, layers.slice(0, i));
  const names = Object.keys(offered).filter(isOffered);
  const options = Object.fromEntries(names.map((name) => [name, lookUp(name, layers)])) as ResolvedOptions;
  const resolved = { ...options, ...nearer('max_new_tokens', 'max_length'), ...nearer('min_new_tokens', 'min_length') };
  checkContradictions(resolved, layers);
  return resolved;

  /** Silences the one of two lengths that the weaker place names; in one file, new tokens win, as in Hugging Face. */
  function nearer(
    tokens: 'max_new_tokens' | 'min_new_tokens',
    columns: 'max_length' | 'min_length',
  ): Partial<ResolvedOptions> {
    const [a, b] = [placeOf(tokens, layers), placeOf(columns, layers)];
    const loser = a <= b ? columns : tokens;
    return { [loser]: offered[loser].neutral };
  }
}

/** Whether a layer says anything about this option; null only speaks in the call itself. */
function speaks({ values }: Layer, name: string, isCall: boolean): boolean {
  return values[name] !== undefined && (isCall || values[name] !== null);
}

/** Position of the first layer that gives this option a value; layers.length where none does, or the call says null. */
function placeOf(name: string, layers: readonly Layer[]): number {
  const place = layers.findIndex((layer, i) => speaks(layer, name, i === 0));
  return place < 0 || layers[place].values[name] === null ? layers.length : place;
}

function lookUp(name: keyof ResolvedOptions, layers: readonly Layer[]): unknown {
  if (layers[0].values[name] === null) return offered[name].neutral;
  const layer = layers[placeOf(name, layers)];
  return layer === undefined ? offered[name].unsaid : layer.values[name];
}

function checkLayer({ name: place, values, explicit }: Layer, stronger: readonly Layer[]): void {
  const where = place === 'the call' ? undefined : place;
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === null || (metadata.has(name) && !explicit)) continue;
    if (isOffered(name)) {
      const { kind } = offered[name];
      if (!kind.is(value)) {
        const hint = hints[name];
        throw new OptionError(`"${name}" must be ${kind.rule}, got ${show(value)} (${typeof value})`, {
          op,
          where,
          got: value,
          hint,
        });
      }
    } else if (isKnown(name)) {
      if (!asksForNothing(name, value, explicit) && !stronger.some((layer, i) => speaks(layer, name, i === 0))) {
        throw new UnsupportedOptionError(
          `"${name}" is an option of Hugging Face's generate that is not offered here, got ${show(value)}`,
          {
            op,
            where,
            got: value,
            hint: explicit ? undefined : `pass ${name}: null to generate without it`,
          },
        );
      }
    } else {
      const known = [...Object.keys(offered), ...Object.keys(notOffered)];
      throw new UnsupportedOptionError(`"${name}" is not an option of generate`, {
        op,
        where,
        got: name,
        nearest: nearestNames(name, known),
      });
    }
  }
}

function asksForNothing(name: keyof typeof notOffered, value: unknown, explicit: boolean): boolean {
  if (name === 'return_dict_in_generate' && !explicit) return true; // files say how Python wraps its result
  const neutral: readonly unknown[] = notOffered[name];
  return neutral.includes(value) || (Array.isArray(value) && value.length === 0);
}

/** A model's config speaks of much else; only options of generation count. */
function onlyKnown(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([name]) => isOffered(name) || isKnown(name)));
}

const hints: Readonly<Record<string, string>> = {
  temperature: 'for the best token at every step leave do_sample out',
  eos_token_id: 'null for rows that only end by length',
};

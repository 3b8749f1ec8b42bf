import { type Command, InvalidArgumentError, Option } from 'commander';
import { generateOptions, generateOptionsNotOffered, type OptionKind } from '../../src/index.node.ts';

const kebab = (name: string): string => `--${name.replaceAll('_', '-')}`;

/** What the engine offers, by flag; what only Hugging Face has is passed on too, for the engine to say so. */
const kinds: ReadonlyMap<string, OptionKind<unknown>> = new Map(
  Object.entries(generateOptions).map(([name, { kind }]) => [kebab(name), kind]),
);

/** Options of one call, by the names the engine knows. */
export type GenerateFlags = Readonly<Record<string, unknown>>;

/** Adds every option of `generate` to a command; the returned function picks their values out of the parsed ones. */
export function addGenerateOptions(command: Command): (parsed: Readonly<Record<string, unknown>>) => GenerateFlags {
  const options = new Map<string, Option>();
  for (const [name, { kind }] of Object.entries(generateOptions)) {
    const value = kind.is(true) ? '[value]' : '<value>';
    options.set(
      name,
      new Option(`${kebab(name)} ${value}`, kind.rule).argParser((text) => [readValue(text, kind)]),
    );
  }
  for (const name of Object.keys(generateOptionsNotOffered)) {
    options.set(name, new Option(`${kebab(name)} [value]`).argParser((text) => [plainValue(text)]).hideHelp());
  }
  command.optionsGroup('Generation, as in Hugging Face:');
  for (const option of options.values()) {
    option.negate = false; // no_repeat_ngram_size is a name, not the opposite of one
    command.addOption(option);
  }
  return (parsed) => {
    const given = [...options].map(([name, option]) => [name, unpacked(parsed[option.attributeName()])]);
    return Object.fromEntries(given.filter(([, value]) => value !== undefined));
  };
}

/** Values come in a list of one: a bare null would be taken for "no value given". An option that stands alone is true. */
const unpacked = (value: unknown): unknown => (Array.isArray(value) ? value[0] : value);

/** A value as it is written in a shell: JSON, numbers with commas between them, or just text. */
function readValue(text: string, kind: OptionKind<unknown>): unknown {
  const json = plainValue(text);
  const value = [json, text.split(',').map(plainValue), text].find((each) => each === null || kind.is(each));
  if (value === undefined) throw new InvalidArgumentError(`It must be ${kind.rule}.`);
  return value;
}

function plainValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * Writes `--do-sample false` as `--do-sample=false` and `--do-sample` as `--do-sample=true`, so that an option that may
 * stand alone never takes the text behind it for its value.
 */
export function bindFlags(words: readonly string[]): string[] {
  const bound: string[] = [];
  for (let i = 0; i < words.length; i++) {
    if (words[i] === '--') return [...bound, ...words.slice(i)];
    const kind = kinds.get(words[i]);
    if (kind?.is(true)) {
      const takesNext = i + 1 < words.length && kind.is(plainValue(words[i + 1]));
      bound.push(`${words[i]}=${takesNext ? words[++i] : true}`);
    } else bound.push(words[i]);
  }
  return bound;
}

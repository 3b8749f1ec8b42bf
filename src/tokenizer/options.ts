import { nearestNames, OptionError, show, UnsupportedOptionError } from '../errors.ts';

/** Options that are all true or false; an unknown name would otherwise be ignored in silence. */
export function checkFlags(options: object, known: readonly string[], op: string): void {
  for (const [name, value] of Object.entries(options)) {
    if (!known.includes(name))
      throw new UnsupportedOptionError(`option "${name}" is not known; known: ${known.join(', ')}`, {
        op,
        got: name,
        nearest: nearestNames(name, known),
      });
    if (value !== undefined && typeof value !== 'boolean')
      throw new OptionError(`option "${name}" must be true or false, got ${show(value)} (${typeof value})`, {
        op,
        got: value,
      });
  }
}

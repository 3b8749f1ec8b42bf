import { FormatError, show } from '../errors.ts';
import { asArray, asId, asObject, asString, type JsonObject, onlyKeys } from './json.ts';

/** Ids that a TemplateProcessing post-processor puts around one text. */
export interface Template {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Reads the part of a template that is for one text; the part for pairs is not offered here. */
export function readTemplate(processor: JsonObject, where: string): Template {
  onlyKeys(processor, ['type', 'single', 'pair', 'special_tokens'], where);
  const specials = asObject(processor.special_tokens, `${where}.special_tokens`);
  const before: number[] = [];
  const after: number[] = [];
  let texts = 0;
  asArray(processor.single, `${where}.single`).forEach((step, i) => {
    const place = `${where}.single[${i}]`;
    const { Sequence: text, SpecialToken: special } = asObject(step, place);
    if (text !== undefined) {
      texts++;
      return;
    }
    const name = asString(asObject(special, `${place}.SpecialToken`).id, `${place}.SpecialToken.id`);
    if (!Object.hasOwn(specials, name))
      throw new FormatError(`${show(name)} is not among special_tokens: ${Object.keys(specials).join(', ')}`, {
        where: place,
        got: name,
      });
    const entry = `${where}.special_tokens[${show(name)}]`;
    const ids = asArray(asObject(specials[name], entry).ids, `${entry}.ids`).map((id) => asId(id, `${entry}.ids`));
    // One by one: a spread of a hostile list would overflow the call stack.
    for (const id of ids) (texts === 0 ? before : after).push(id);
  });
  if (texts === 1) return { before, after };
  throw new FormatError(`the template must hold the text once, got ${texts} times`, { where: `${where}.single` });
}

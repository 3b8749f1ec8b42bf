import { show, TokenizerError } from '../errors.ts';

/** Index of the first lone surrogate, or -1. */
export function loneSurrogateAt(text: string): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xd800 || unit > 0xdfff) continue;
    const next = text.charCodeAt(i + 1);
    if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return i;
    i++;
  }
  return -1;
}

/** Text must be a string of whole characters: half a surrogate pair has no UTF-8 form, so no ids stand for it. */
export function checkText(text: string, op: string): void {
  if (typeof text !== 'string')
    throw new TokenizerError(`"text" must be a string, got ${show(text)} (${typeof text})`, { op, got: text });
  const at = loneSurrogateAt(text);
  if (at < 0) return;
  const unit = text.charCodeAt(at).toString(16).toUpperCase();
  throw new TokenizerError(`"text" must be well-formed, got the lone surrogate U+${unit} at index ${at}`, {
    op,
    got: at,
    hint: 'text.toWellFormed() puts U+FFFD in its place',
  });
}

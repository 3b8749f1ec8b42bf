import type { Metaspace } from './pre-tokenizers.ts';
import type { StreamDecoder } from './tokenizer.ts';

/**
 * The Metaspace decoder, token by token: the replacement character is a space again; in the first token it is nothing,
 * where one may have been put in front. `pieceOf` gives undefined for ids that are left out.
 */
export function metaspaceStream(
  { replacement, prepend }: Metaspace,
  pieceOf: (id: number) => string | undefined,
): StreamDecoder {
  let isFirst = true;
  return {
    push(id) {
      const piece = pieceOf(id);
      if (piece === undefined) return '';
      const space = isFirst && prepend !== 'never' ? '' : ' ';
      isFirst = false;
      return piece.replaceAll(replacement, space);
    },
    end: () => '',
  };
}

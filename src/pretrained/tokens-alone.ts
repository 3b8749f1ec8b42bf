import { StateError } from '../errors.ts';
import type { ModelFiles } from '../hub/files.ts';
import { loadT5Table, readT5Config } from '../models/t5-weights.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { idTensor } from './inputs.ts';
import { withWeights } from './load.ts';
import type { Placement } from './placement.ts';
import type { PromptEncoder } from './prompt-encoder.ts';
import { T5EncoderModel } from './t5-encoder-model.ts';

/**
 * The large model of a hybrid that never reads with it: its token table, where the small model borrows it, and of the
 * encoder nothing.
 */
export async function loadTokensAlone(
  files: ModelFiles,
  placement: Placement,
  borrowed: boolean,
): Promise<T5EncoderModel> {
  const config = readT5Config(await files.json('config.json'), `config.json of ${files.name}`);
  const resident = { ...placement, held: undefined };
  if (!borrowed) return new T5EncoderModel(config, tokensAlone(), [], placement);
  const { weights: table, tensors } = await withWeights(files, resident, (source) => loadT5Table(source, config));
  return new T5EncoderModel(config, tokensAlone(table), tensors, placement);
}

function tokensAlone(table?: Tensor): PromptEncoder {
  const notLoaded = (): never => {
    throw new StateError(
      "the large model was not loaded: a hybrid of fusion 'none' without a projector has no use for it",
      {
        op: 'LlmToSlm',
      },
    );
  };
  return {
    async tokens(rows) {
      if (table === undefined) return notLoaded();
      const ids = idTensor(table.backend, rows);
      return { table, ids, dispose: () => ids.dispose() };
    },
    read: async () => notLoaded(),
  };
}

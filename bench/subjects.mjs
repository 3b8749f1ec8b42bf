/** What is measured: models by name; a prompt of the kind 't5' goes through an encoder; `sameWeights` are in the graphs too. */
export const subjects = {
  gpt2: { kind: 'gpt2', vocab: 50257, context: 1024, sameWeights: true },
  't5-small': { kind: 't5', vocab: 32128 },
  't5-base': { kind: 't5', vocab: 32128 },
  'en-de/llm': { kind: 't5', vocab: 4000 },
  'en-de/slm': { kind: 'hybrid', vocab: 4000, context: 96 },
  'en-de/hybrid': { kind: 'hybrid', vocab: 4000, context: 96 },
  'en-de/slm-t5': { kind: 'hybrid', vocab: 4000 },
  'en-de/hybrid-t5': { kind: 'hybrid', vocab: 4000 },
};

/** Models that only this engine can run. */
export const isOurs = (name) => name.startsWith('en-de/');

import type { LogitsProcessor } from './processor.ts';

/**
 * score / temperature.
 *
 * Numerics  float32 division by the temperature as float32
 * Source    transformers v5, TemperatureLogitsWarper
 */
export function temperature(value: number): LogitsProcessor {
  const divisor = Math.fround(value);
  return {
    name: 'temperature',
    process(_tokens, scores) {
      for (let i = 0; i < scores.length; i++) scores[i] /= divisor;
    },
  };
}

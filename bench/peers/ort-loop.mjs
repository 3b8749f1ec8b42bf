/**
 * Greedy writing over ONNX Runtime, node or web: the least that a user writes without transformers.js.
 *
 * The graphs are exported by optimum. GPT-2 is one graph with the past as inputs, empty for a prompt; T5 an encoder and a
 * decoder whose `use_cache_branch` chooses between first pass and later ones. The first gives logits of every position.
 */

import { shapes } from '../shapes.mjs';

/** Names of a model's ONNX files, by the part they hold. */
export function filesOf(model, dtype) {
  const suffix = dtype === 'int8' ? '_quantized.onnx' : '.onnx';
  if (model === 'gpt2') return { model: `model${suffix}` };
  return { encoder: `encoder_model${suffix}`, decoder: `decoder_model_merged${suffix}` };
}

/** An engine over open sessions: `{ model }` or `{ encoder, decoder }`. */
export function loopOver(ort, sessions, model) {
  const { n_layer, n_head, n_embd, num_layers, num_heads, d_kv } = shapes[model];
  const sizes = sessions.model
    ? { layers: n_layer, heads: n_head, head: n_embd / n_head }
    : { layers: num_layers, heads: num_heads, head: d_kv };
  const tools = toolsOf(ort, sizes);
  return sessions.model ? gpt2(sessions.model, tools) : t5(sessions, tools);
}

function toolsOf(ort, { layers, heads, head }) {
  const tensor = (values, dims) => new ort.Tensor('int64', BigInt64Array.from(values, BigInt), dims);
  return {
    ort,
    ids: (rows) => tensor(rows.flat(), [rows.length, rows[0].length]),
    ones: (rows, columns) => tensor(new Array(rows * columns).fill(1), [rows, columns]),
    /** A past of `length` zeros. */
    past: (rows, length) =>
      new ort.Tensor('float32', new Float32Array(rows * heads * length * head), [rows, heads, length, head]),
    /** Names of keys and values, layer by layer. */
    kept: Array.from({ length: layers }, (_, layer) => [`${layer}.key`, `${layer}.value`]).flat(),
  };
}

function gpt2(session, { ids, ones, past, kept }) {
  const step = (rows, length, before) =>
    session.run({
      input_ids: ids(rows),
      attention_mask: ones(rows.length, length),
      ...(session.inputNames.includes('position_ids') && {
        position_ids: ids(rows.map((row) => row.map((_, i) => length - row.length + i))),
      }),
      ...Object.fromEntries(
        kept.map((name) => {
          const [layer, part] = name.split('.');
          return [
            `past_key_values.${layer}.${part}`,
            before ? before[`present.${layer}.${part}`] : past(rows.length, 0),
          ];
        }),
      ),
    });
  return {
    async generate(rows, count) {
      const sequences = rows.map((row) => [...row]);
      let output = await step(rows, rows[0].length);
      for (let written = 1; ; written++) {
        const next = largestOfLast(output.logits);
        for (const [row, id] of next.entries()) sequences[row].push(id);
        const before = output;
        if (written < count)
          output = await step(
            next.map((id) => [id]),
            rows[0].length + written,
            before,
          );
        for (const tensor of Object.values(before)) tensor.dispose();
        if (written === count) return sequences;
      }
    },
  };
}

function t5({ encoder, decoder }, { ort, ids, ones, past, kept }) {
  const encode = (rows) => encoder.run({ input_ids: ids(rows), attention_mask: ones(rows.length, rows[0].length) });
  return {
    encode: async (row) => (await encode([row])).last_hidden_state.dispose(),
    async generate(rows, count) {
      const { last_hidden_state } = await encode(rows);
      const encoder_attention_mask = ones(rows.length, rows[0].length);
      const sequences = rows.map(() => [0]);
      const [own, cross] = [{}, {}];
      const namesOf = (name, side) => name.split('.').join(`.${side}.`);
      for (let written = 0; written < count; written++) {
        const feeds = {
          input_ids: ids(sequences.map((row) => row.slice(-1))),
          encoder_hidden_states: last_hidden_state,
          encoder_attention_mask,
          use_cache_branch: new ort.Tensor('bool', [written > 0], [1]),
        };
        for (const name of kept) {
          feeds[`past_key_values.${namesOf(name, 'decoder')}`] = own[name] ?? past(rows.length, 1);
          feeds[`past_key_values.${namesOf(name, 'encoder')}`] = cross[name] ?? past(rows.length, 1);
        }
        const output = await decoder.run(feeds);
        for (const name of kept) {
          own[name]?.dispose();
          own[name] = output[`present.${namesOf(name, 'decoder')}`];
          const given = output[`present.${namesOf(name, 'encoder')}`]; // empty but for the first pass
          if (written === 0) cross[name] = given;
          else given.dispose();
        }
        for (const [row, id] of largestOfLast(output.logits).entries()) sequences[row].push(id);
        output.logits.dispose();
      }
      for (const tensor of [...Object.values(own), ...Object.values(cross), last_hidden_state]) tensor.dispose();
      return sequences;
    },
  };
}

/** The likeliest next id of every row. */
function largestOfLast({ data, dims: [rows, columns, size] }) {
  return Array.from({ length: rows }, (_, row) => {
    const start = (row * columns + columns - 1) * size;
    let best = 0;
    for (let i = 1; i < size; i++) if (data[start + i] > data[start + best]) best = i;
    return best;
  });
}

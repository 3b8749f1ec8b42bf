/** batonlm as an engine. `library` is the package as Node or a page has it, `where` what from_pretrained takes. */
export async function openOurs(library, where, { backend, dtype, threads }) {
  const model = await library.AutoModel.from_pretrained(where, { backend, dtype, threads });
  const always = { eos_token_id: null, pad_token_id: 0 };
  const engine = {
    info: { ...model.backendInfo, weights_mb: model.memoryFootprint() / 1e6 },
    generate: async (input_ids, count) =>
      (await model.generate({ ...always, input_ids, max_new_tokens: count })).sequences,
    async times(row, count) {
      const ms = [];
      const began = performance.now();
      for await (const _ of model.stream({ ...always, input_ids: [row], max_new_tokens: count }))
        ms.push(performance.now() - began);
      return ms;
    },
  };
  if (!(model instanceof library.T5ForConditionalGeneration)) return engine;
  const encode = async (row) => {
    const { output } = await model.encode({ input_ids: [row] });
    output.last_hidden_state.dispose();
  };
  return { ...engine, encode };
}

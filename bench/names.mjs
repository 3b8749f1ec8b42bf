/** `batonlm wasm int8 2t`, `llama q8_0 2t`, `ort-web f32 1t chromium`: how a row is called everywhere. */
export const nameOf = ({ engine, backend, dtype, format, stored, threads, place }) =>
  [engine, backend, format ?? dtype, stored && 'stored', `${threads}t`, place].filter(Boolean).join(' ');

/** `batonlm wasm int8 2t`, `ort-web f32 1t chromium`: how a row is called everywhere. */
export const nameOf = ({ engine, backend, dtype, stored, threads, place }) =>
  [engine, backend, dtype, stored && 'stored', `${threads}t`, place].filter(Boolean).join(' ');

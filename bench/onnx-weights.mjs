/** The tensors inside an ONNX file: as much of its protobuf as that takes. */

// Numbers of the fields: ModelProto.graph, GraphProto.initializer, TensorProto.{dims, name, raw_data}.
const GRAPH = 7;
const INITIALIZER = 5;
const [DIMS, NAME, RAW] = [1, 8, 9];

/** Name → `{ shape, bytes }` of every F32 tensor of a file; the bytes are a part of the file's. Source: onnx.proto3 */
export function onnxWeights(file) {
  const weights = new Map();
  for (const [model, graph] of fields(file)) {
    if (model !== GRAPH) continue;
    for (const [part, tensor] of fields(graph)) if (part === INITIALIZER) add(weights, tensor);
  }
  return weights;
}

function add(weights, tensor) {
  const shape = [];
  let [name, raw] = ['', new Uint8Array(0)];
  for (const [field, value] of fields(tensor)) {
    if (field === DIMS) shape.push(...(typeof value === 'number' ? [value] : packed(value)));
    if (field === NAME) name = value.toString();
    if (field === RAW) raw = value;
  }
  const elements = shape.reduce((product, size) => product * size, 1);
  if (raw.length === 4 * elements) weights.set(name, { shape, bytes: raw });
}

/** Number and value of each field: a number, or bytes. */
function* fields(bytes) {
  for (let at = 0; at < bytes.length; ) {
    const [tag, start] = varint(bytes, at);
    const [field, wire] = [Math.floor(tag / 8), tag % 8];
    if (wire === 1 || wire === 5) at = start + (wire === 1 ? 8 : 4);
    else {
      const [value, end] = varint(bytes, start);
      yield [field, wire === 0 ? value : bytes.subarray(end, end + value)];
      at = wire === 0 ? end : end + value;
    }
  }
}

function* packed(bytes) {
  for (let at = 0; at < bytes.length; ) {
    const [value, end] = varint(bytes, at);
    yield value;
    at = end;
  }
}

/** The number at `at`, and where it ends. */
function varint(bytes, at) {
  let [value, scale, byte] = [0, 1, 0x80];
  for (; byte & 0x80; scale *= 0x80) {
    byte = bytes[at++];
    value += (byte & 0x7f) * scale;
  }
  return [value, at];
}

/**
 * Makes GPT-2's head the transpose of its token table again: `node bench/tie-head.mjs ONNX`, in place.
 * An exported graph holds the tied matrix twice, and filled with random numbers the two would differ.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { onnxWeights } from './onnx-weights.mjs';

const path = process.argv[2];
const file = readFileSync(path);
const weights = onnxWeights(file);
const table = weights.get('transformer.wte.weight'); //                                          [V D]
const [V, D] = table.shape;
const isHead = ({ shape }) => shape.length === 2 && shape[0] === D && shape[1] === V; //         [D V]
const head = [...weights.values()].find(isHead);
for (let v = 0; v < V; v++) {
  for (let d = 0; d < D; d++) head.bytes.writeInt32LE(table.bytes.readInt32LE(4 * (v * D + d)), 4 * (d * V + v));
}
writeFileSync(path, file);

/**
 * What this machine can do at most with 128-bit SIMD, as a WebAssembly module of two loops without any other work:
 *
 *   read(start, end)       xor of all bytes, 128 a turn
 *   multiply(count)        ten chains of products that are added up, `count` turns
 */
const [I32, V128, MEMORY, LOCAL_GET, LOCAL_SET, SIMD] = [0x7f, 0x7b, 0x02, 0x20, 0x21, 0xfd];

/** A number as WebAssembly writes it. */
function leb(number) {
  const bytes = [];
  do {
    bytes.push((number & 0x7f) | (number > 0x7f ? 0x80 : 0));
    number >>>= 7;
  } while (number > 0);
  return bytes;
}

const list = (items) => [...leb(items.length), ...items.flat()];
const section = (id, items) => {
  const content = list(items);
  return [id, ...leb(content.length), ...content];
};
const get = (local) => [LOCAL_GET, local];
const set = (local, value) => [...value, LOCAL_SET, local];
const simd = (code, ...rest) => [SIMD, ...leb(code), ...rest];
const constant = (number) => [0x41, ...(number < 64 ? [number] : [(number & 0x7f) | 0x80, number >> 7])];

/** A function of `parameters` i32 and `chains` v128 locals; the loop runs while `again` leaves something but 0. */
function loop(parameters, chains, turn, again) {
  const first = parameters;
  const joined = Array.from({ length: chains - 1 }, (_, i) => [...get(first + i + 1), ...simd(0x51)]).flat(); // v128.xor
  const code = [
    ...list([[chains, V128]]),
    ...[0x03, 0x40, ...turn(first), ...again, 0x0d, 0x00, 0x0b], // loop … br_if 0 end
    ...[...get(first), ...joined, ...simd(0x1b, 0), 0x0b], // i32x4.extract_lane 0
  ];
  return [...leb(code.length), ...code];
}

const load = (offset) => [...get(0), ...simd(0x00, 4, ...leb(offset))];
const read = loop(
  2,
  8,
  (first) => [
    ...Array.from({ length: 8 }, (_, i) => set(first + i, [...get(first + i), ...load(16 * i), ...simd(0x51)])).flat(),
    ...set(0, [...get(0), ...constant(128), 0x6a]),
  ],
  [...get(0), ...get(1), 0x49], // start < end
);

/** One step of a chain, by how it multiplies and adds: f32 in one instruction or two, int8 four at a time, int16 in pairs. */
const steps = {
  madd: (chain) => [...get(chain), ...get(chain), ...get(chain), ...simd(0x105)], //                  f32x4.relaxed_madd
  mulAdd: (chain) => [...get(chain), ...get(chain), ...get(chain), ...simd(0xe6), ...simd(0xe4)], //  f32x4.mul, add
  dot8: (chain) => [...get(chain), ...get(chain), ...get(chain), ...simd(0x113)], //                  i32x4.relaxed_dot_i8x16_i7x16_add_s
  dot16: (chain) => [...get(chain), ...get(chain), ...get(chain), ...simd(0xba), ...simd(0xae)], //   i32x4.dot_i16x8_s, add
};

/** Multiplications and additions in a turn of all ten chains. */
export const operationsOf = { madd: 80, mulAdd: 80, dot8: 320, dot16: 160 };

const multiply = (step) =>
  loop(
    1,
    10,
    (first) => [
      ...Array.from({ length: 10 }, (_, i) => set(first + i, step(first + i))).flat(),
      ...set(0, [...get(0), ...constant(1), 0x6b]),
    ],
    get(0), // count ≠ 0
  );

/** The module; it imports `env.memory`. `step` names how it multiplies. */
export function peakModule(step) {
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [
      [0x60, ...list([I32, I32]), ...list([I32])],
      [0x60, ...list([I32]), ...list([I32])],
    ]),
    ...section(2, [[...name('env'), ...name('memory'), MEMORY, 0x00, 0x01]]),
    ...section(3, [0, 1]),
    ...section(7, [
      [...name('read'), 0x00, 0],
      [...name('multiply'), 0x00, 1],
    ]),
    ...section(10, [read, multiply(steps[step])]),
  ]);
}

function name(text) {
  return list([...Buffer.from(text)]);
}

/** Only Node can switch an instruction set on: `relaxed-simd.node.ts` is the twin that does. */
export function enableRelaxedSimd(): boolean {
  return false;
}

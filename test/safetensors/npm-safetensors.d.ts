/** What the package has and does not declare. */
declare module 'safetensors' {
  interface SafeTensor {
    readonly metadata: ReadonlyMap<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;
    getTensor(name: string): Uint8Array;
  }
  const safetensors: { readonly SafeTensor: new (file: Uint8Array) => SafeTensor };
  export default safetensors;
}

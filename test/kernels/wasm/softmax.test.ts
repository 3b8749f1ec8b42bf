/** Rows of softmax in vectors: what is masked in front moves no entry to another lane. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { softmax } from '../../../src/kernels/softmax.ts';
import { createWasmBackend } from '../../../src/kernels/wasm/create.ts';
import { scope } from '../../../src/tensor/scope.ts';
import { upload } from '../../../src/tensor/upload.ts';
import { runs } from '../../seed.ts';

it('padding in front, or behind, leaves the bits of the rest', async () => {
  const backend = await createWasmBackend({ threads: 1 });
  const row = (data: Float32Array) => upload(backend, data, { dtype: 'F32', shape: [1, data.length] });
  const sizes = fc.record({ n: fc.integer({ min: 1, max: 70 }), front: fc.nat(9), behind: fc.nat(9) });
  fc.assert(
    fc.property(sizes, fc.nat(1000), ({ n, front, behind }, seed) => {
      scope(() => {
        const x = Float32Array.from({ length: front + n + behind }, (_, i) => 3 * Math.sin(seed + i * 1.7));
        const keep = Uint8Array.from(x, (_, i) => Number(i >= front && i < front + n));
        const mask = upload(backend, keep, { dtype: 'U8', shape: [1, x.length] });
        const padded = softmax(row(x), { mask })
          .peek()
          .slice(front, front + n);
        expect(padded).toEqual(
          softmax(row(x.slice(front, front + n)))
            .peek()
            .slice(),
        );
      });
    }),
    runs(100),
  );
  backend.dispose();
});

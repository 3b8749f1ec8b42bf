/** A kernel on a context that is lost computes zeros and says nothing; the backend says so. */
import { expect, it } from 'vitest';
import { gpuBackend } from '../../../src/gpu.ts';
import { tensor } from '../../../src/kernels/create.ts';
import { scale } from '../../../src/kernels/scale.ts';
import { mode } from './mode.ts';

/** What takes the context of the next backend away: the tests have no other way to one. */
function catchContext(): () => void {
  let lose = () => {};
  after(HTMLCanvasElement.prototype, 'getContext', (context) => {
    if (!(context instanceof WebGL2RenderingContext) || mode !== 'webgl2') return;
    const extension = context.getExtension('WEBGL_lose_context');
    lose = () => extension?.loseContext();
  });
  const adapter: unknown = Reflect.get(globalThis, 'GPUAdapter');
  if (mode === 'webgpu' && typeof adapter === 'function') {
    after(adapter.prototype, 'requestDevice', async (device) => {
      const { destroy } = (await device) as { destroy(): void };
      const target = await device;
      lose = () => Reflect.apply(destroy, target, []);
    });
  }
  return () => lose();
}

/** Has every result of a method looked at. */
function after(owner: object, name: string, look: (result: unknown) => void): void {
  const method: (...args: unknown[]) => unknown = Reflect.get(owner, name);
  Reflect.set(owner, name, function (this: object, ...args: unknown[]) {
    const result = Reflect.apply(method, this, args);
    look(result);
    return result;
  });
}

it(`${mode}: a lost context is an error, never zeros; the next backend has another`, async () => {
  const lose = catchContext();
  const backend = await gpuBackend({ mode });
  const x = tensor([1, 2, 3], { backend });
  expect([...(await scale(x, 2).readFloats())]).toEqual([2, 4, 6]);
  const y = scale(x, 3);
  await backend.traffic();
  lose();
  await new Promise((done) => setTimeout(done, 50)); // a device tells of its loss later
  await expect(y.readFloats()).rejects.toMatchObject({ code: 'STATE', op: 'gpu' });
  await expect(scale(x, 4).readFloats()).rejects.toThrow('the GPU has lost its context, and with it every tensor');
  backend.dispose();
  const next = await gpuBackend({ mode });
  expect([...(await scale(tensor([1], { backend: next }), 2).readFloats())]).toEqual([2]);
  next.dispose();
});

import { create, globals } from 'webgpu';

Object.assign(globalThis, globals); // GPUBufferUsage and its like
globalThis.navigator ??= {}; // Node 20 has none
navigator.gpu = create([]);

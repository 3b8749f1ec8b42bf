/** WebGPU in Node, where Dawn is installed: what the other modes of gpu.js pass, and the command as the README has it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { gpuBackend } from '../../src/gpu.ts';
import { baton, model, root } from '../cli/baton.ts';
import { memorySuite } from '../gpu/suites/memory.ts';
import { trapSuite } from '../gpu/suites/traps.ts';
import { withoutOf } from '../gpu/suites/without.ts';
import { opContract } from '../kernels/contract.ts';
import { missing } from './installed.ts';

const setup = 'test/dawn/setup.mjs';

if (missing === undefined) {
  trapSuite('webgpu');
  memorySuite('webgpu', process.env.BATON_WHOLE ? 2000 : 400);
  opContract('gpu.js, webgpu', () => gpuBackend({ mode: 'webgpu' }), 'float32', withoutOf('webgpu'));
  it('the command translates on WebGPU, and ends by itself', async () => {
    const asked = ['generate', ...model('hybrid'), '--backend', 'gpu', '--gpu-mode', 'webgpu', 'Where is the station?'];
    const { status, stdout } = await baton(asked, '', ['--import', join(root, setup)]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'Wo ist der Bahnhof?\n' });
  });
} else it.skip(missing);

it('the README has the file that gives Node a GPU', () => {
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(
    `\`\`\`js\n${readFileSync(join(root, setup), 'utf8')}\`\`\`\n`,
  );
});

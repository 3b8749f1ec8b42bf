/** The page: loads the hybrid onto the backend that is chosen, translates, and says how long a token took. */

import { gpuBackend } from '../../dist/batonlm.gpu.min.js';
import { LlmToSlm } from '../../dist/batonlm.min.js';

const [form, where, text, go, answer, status, runs] = ['form', 'where', 'text', 'go', 'answer', 'status', 'runs'].map(
  (id) => document.getElementById(id),
);
const folder = new URL('../../weights/en-de/hybrid', import.meta.url).href;
const gpu = globalThis.GPU; // the script of gpu.js has put its class where the browser had its own
let loaded = { where: '', model: undefined, backend: undefined };

async function load(choice) {
  if (loaded.where === choice) return loaded.model;
  loaded.model?.dispose();
  loaded.backend?.dispose();
  loaded = { where: '' };
  const [name, mode] = choice.split(' ');
  const backend = name === 'gpu' ? await gpuBackend({ mode, gpu }) : name;
  const model = await LlmToSlm.from_pretrained(folder, { backend });
  loaded = { where: choice, model, backend: typeof backend === 'object' ? backend : undefined };
  return model;
}

async function translate() {
  tell('loading …');
  const model = await load(where.value);
  const { name, mode, adapter = '–', threads, notes } = model.backendInfo;
  tell(`${[name, mode].join(' ').trim()}: reading …`);
  answer.textContent = '';
  const began = performance.now();
  const times = [];
  for await (const step of model.stream({ text: text.value, max_new_tokens: 60 })) {
    times.push(performance.now());
    answer.textContent += step.text;
  }
  const [first, last] = [times[0], times[times.length - 1]];
  const each = times.length > 1 ? (last - first) / (times.length - 1) : 0;
  row([[name, mode].join(' ').trim(), adapter, times.length, (first - began).toFixed(0), each.toFixed(1)]);
  tell([`${threads} thread${threads === 1 ? '' : 's'}`, ...notes].join('; '));
}

function row(cells) {
  const line = document.createElement('tr');
  for (const cell of cells) line.appendChild(document.createElement('td')).textContent = cell;
  runs.tBodies[0].prepend(line);
  runs.hidden = false;
}

function tell(words, failed = false) {
  status.textContent = words;
  status.classList.toggle('failed', failed);
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  go.disabled = true;
  try {
    await translate();
  } catch (error) {
    tell(error.message, true);
  }
  go.disabled = false;
});

/** Hugging Face Transformers on PyTorch, from the folder that batonlm loads. */
import { openPython } from '../python.mjs';

export const open = (row) => openPython('hf', row);

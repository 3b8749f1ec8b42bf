"""Hugging Face Transformers on PyTorch: its own generate()."""
import time

import torch
from transformers import GPT2LMHeadModel, T5ForConditionalGeneration

models = {"gpt2": GPT2LMHeadModel, "t5": T5ForConditionalGeneration}


class Clock:
    """A streamer that notes when each step hands over its tokens; a prompt is handed over first."""

    def __init__(self, prompts):
        self.ms, self.began, self.prompts = [], time.perf_counter(), prompts

    def put(self, _):
        if self.prompts > 0:
            self.prompts -= 1
        else:
            self.ms.append((time.perf_counter() - self.began) * 1e3)

    def end(self):
        pass


def open_engine(kind, folder, threads, **_):
    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    model = models[kind].from_pretrained(folder, dtype=torch.float32).eval()
    always = dict(do_sample=False, eos_token_id=None, pad_token_id=0)
    if kind == "t5":
        always["decoder_start_token_id"] = 0

    def write(rows, count, **more):
        input_ids = torch.tensor(rows)
        options = dict(attention_mask=torch.ones_like(input_ids), max_new_tokens=count, **always, **more)
        return model.generate(input_ids, **options).tolist()

    def times(row, count):
        clock = Clock(prompts=1)
        write([row], count, streamer=clock)
        return clock.ms

    def encode(row):
        model.encoder(input_ids=torch.tensor([row]))

    return dict(generate=write, times=times, **({"encode": encode} if kind == "t5" else {}))

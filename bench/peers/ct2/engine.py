"""CTranslate2: tokens are the decimal digits of their id (convert.py)."""
import ctranslate2

types = {"f32": "float32", "int8": "int8"}


def open_engine(kind, folder, dtype, threads, **_):
    Model = ctranslate2.Generator if kind == "gpt2" else ctranslate2.Translator
    model = Model(folder, device="cpu", compute_type=types[dtype], intra_threads=threads, inter_threads=1)
    greedy = dict(beam_size=1, sampling_topk=1, max_batch_size=0)

    def generate(rows, count):
        prompts = [[str(token) for token in row] for row in rows]
        if kind == "gpt2":
            lengths = dict(max_length=count, min_length=count, include_prompt_in_result=False)
            return [ids.sequences_ids[0] for ids in model.generate_batch(prompts, **greedy, **lengths)]
        lengths = dict(max_decoding_length=count, min_decoding_length=count)
        return [[int(token) for token in each.hypotheses[0]] for each in model.translate_batch(prompts, **greedy, **lengths)]

    return dict(generate=generate)

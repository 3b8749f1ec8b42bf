"""Writes a checkpoint as CTranslate2 loads it: `python convert.py FOLDER OUT float32|int8`.

Its own converter asks for PyTorch and a tokenizer; this one reads safetensors, and calls token 7 "7".
"""
import json
import os
import sys

import numpy as np
from ctranslate2.specs import TransformerDecoderModelSpec, TransformerSpec, common_spec

folder, out, quantization = sys.argv[1:]
config = json.load(open(os.path.join(folder, "config.json")))
file = np.memmap(os.path.join(folder, "model.safetensors"), mode="r")
size = int(file[:8].view(np.uint64)[0])
header = json.loads(bytes(file[8 : 8 + size]))


def tensor(name):
    begin, end = header[name]["data_offsets"]
    return np.array(file[8 + size + begin : 8 + size + end]).view(np.float32).reshape(header[name]["shape"])


def norm(spec, name):
    spec.gamma = tensor(f"{name}.weight")
    if f"{name}.bias" in header:
        spec.beta = tensor(f"{name}.bias")


def gpt2():
    spec = TransformerDecoderModelSpec.from_config(config["n_layer"], config["n_head"], activation=common_spec.Activation.GELUTanh)
    decoder = spec.decoder
    decoder.scale_embeddings = False
    decoder.embeddings.weight = decoder.projection.weight = tensor("wte.weight")
    decoder.position_encodings.encodings = tensor("wpe.weight")
    norm(decoder.layer_norm, "ln_f")
    for i, layer in enumerate(decoder.layer):
        norm(layer.self_attention.layer_norm, f"h.{i}.ln_1")
        norm(layer.ffn.layer_norm, f"h.{i}.ln_2")
        for linear, name in (
            (layer.self_attention.linear[0], "attn.c_attn"),
            (layer.self_attention.linear[1], "attn.c_proj"),
            (layer.ffn.linear_0, "mlp.c_fc"),
            (layer.ffn.linear_1, "mlp.c_proj"),
        ):
            linear.weight = np.ascontiguousarray(tensor(f"h.{i}.{name}.weight").T)
            linear.bias = tensor(f"h.{i}.{name}.bias")
    return spec, [("bos_token", "50256"), ("eos_token", "50256")]


def t5():
    layers = config["num_layers"]
    common = dict(pre_norm=True, activation=common_spec.Activation.RELU, relative_attention_bias=True, rms_norm=True)
    spec = TransformerSpec.from_config((layers, layers), config["num_heads"], **common)
    for stack in ("encoder", "decoder"):
        t5_stack(getattr(spec, stack), stack)
    spec.decoder.projection.weight = tensor("shared.weight")
    spec.decoder.scale_outputs = config["d_model"] ** -0.5
    return spec, [("bos_token", "0"), ("eos_token", "1"), ("decoder_start_token", "0")]


def t5_stack(spec, stack):
    embeddings = spec.embeddings[0] if isinstance(spec.embeddings, list) else spec.embeddings
    embeddings.weight = tensor("shared.weight")
    spec.scale_embeddings = False
    norm(spec.layer_norm, f"{stack}.final_layer_norm")
    bias = tensor(f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight")
    for i, layer in enumerate(spec.layer):
        block = f"{stack}.block.{i}.layer"
        attention(layer.self_attention, f"{block}.0.SelfAttention", (("q", "k", "v"), ("o",)))
        norm(layer.self_attention.layer_norm, f"{block}.0.layer_norm")
        layer.self_attention.relative_attention_bias = bias
        layer.self_attention.relative_attention_max_distance = np.dtype("int32").type(128)
        if stack == "decoder":
            attention(layer.attention, f"{block}.1.EncDecAttention", (("q",), ("k", "v"), ("o",)))
            norm(layer.attention.layer_norm, f"{block}.1.layer_norm")
        last = f"{block}.{2 if stack == 'decoder' else 1}"
        norm(layer.ffn.layer_norm, f"{last}.layer_norm")
        layer.ffn.linear_0.weight = tensor(f"{last}.DenseReluDense.wi.weight")
        layer.ffn.linear_1.weight = tensor(f"{last}.DenseReluDense.wo.weight")


def attention(spec, name, parts):
    spec.queries_scale = 1.0
    for linear, letters in zip(spec.linear, parts):
        linear.weight = np.concatenate([tensor(f"{name}.{letter}.weight") for letter in letters])


spec, tokens = gpt2() if config["model_type"] == "gpt2" else t5()
vocabulary = [str(token) for token in range(config["vocab_size"])]
if config["model_type"] == "gpt2":
    spec.register_vocabulary(vocabulary)
else:
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
for name, token in [*tokens, ("unk_token", "2")]:
    setattr(spec.config, name, token)
spec.validate()
spec.optimize(quantization=quantization)
os.makedirs(out, exist_ok=True)
spec.save(out)

"""Writes the cases of llama.cpp, one tiny Hugging Face folder each in llama.cpp/, or checks the ones that are there.

    python3 make_llama_goldens.py PACKAGE [CASE...]  writes <case>/config.json, model.safetensors, model.gguf, logits.safetensors
    python3 make_llama_goldens.py PACKAGE --check    recomputes the logits from the stored GGUF files and compares

PACKAGE is the npm package @node-llama-cpp/linux-x64 3.22.1 (llama.cpp v0.5.0). Weights are random; model.gguf holds them
under the names, permutations and keys of llama.cpp's convert script (gguf_file.py); logits.safetensors holds tokens [T]
and what llama.cpp computes for them with float32 keys and values, [T, V].
"""

import argparse
import ctypes
import glob
import json
import os

import torch

import gguf_file
import make_goldens as base
import tensor_file
from reference import Reference

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "llama.cpp")
TOKENS = 24
TOLERANCE = 1e-4        # another processor rounds otherwise, and a case has 27 layers
ORIGIN = {"made_by": "make_llama_goldens.py", "llama.cpp": "v0.5.0 of @node-llama-cpp/linux-x64 3.22.1, float32 cache"}

SMALL = {"hidden_size": 16, "intermediate_size": 12, "num_attention_heads": 2, "num_key_value_heads": 1, "vocab_size": 24}
LATENT = {**SMALL, "num_key_value_heads": 2, "moe_intermediate_size": 4, "rms_norm_eps": 1e-6}
LITE = {**LATENT, "hidden_size": 8, "intermediate_size": 6, "kv_lora_rank": 6, "qk_nope_head_dim": 4, "qk_rope_head_dim": 2,
        "v_head_dim": 4, "n_routed_experts": 3, "num_experts_per_tok": 2, "n_shared_experts": 1, "num_hidden_layers": 27}

CASES = {
    "llama": (base.DENSE, {**SMALL, "rope_theta": 500.0, "rope_scaling": {
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64}}),
    "mistral": (base.DENSE, {**SMALL, "architectures": ["MistralForCausalLM"], "model_type": "mistral", "head_dim": 6,
                             "rope_theta": 1000000.0, "sliding_window": None}),
    "mixtral": (base.MIXTRAL, SMALL),
    "qwen2": (base.QWEN2, {**SMALL, "tie_word_embeddings": True}),
    "qwen3": (base.QWEN3, {**SMALL, "head_dim": 12, "rope_theta": 100.0, "rope_scaling": {
        "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}}),
    "qwen2_moe": (base.QWEN2_MOE, {**SMALL, "moe_intermediate_size": 6, "shared_expert_intermediate_size": 10}),
    "qwen3_moe": (base.QWEN3_MOE, {**SMALL, "moe_intermediate_size": 6, "tie_word_embeddings": True}),
    "olmoe": (base.OLMOE, {**SMALL, "num_key_value_heads": 2, "intermediate_size": 6}),
    "deepseek": (base.DEEPSEEK, {**SMALL, "moe_intermediate_size": 6}),
    "deepseek_v2_lite": (base.DEEPSEEK_V2, {**LITE, "rope_scaling": {**base.YARN, "mscale": 0.707, "mscale_all_dim": 0.707}}),
    "deepseek_v2": (base.DEEPSEEK_V2, {**LATENT, "q_lora_rank": 10, "routed_scaling_factor": 4.0}),
    "gpt_oss": (base.GPT_OSS, {
        "num_hidden_layers": 3, "rope_scaling": {name: value for name, value in base.GPT_OSS["rope_scaling"].items() if name != "truncate"}}),
    "deepseek_v3": (base.DEEPSEEK_V3, {**LATENT, "rope_scaling": {**base.YARN, "mscale": 1.0, "mscale_all_dim": 1.0}}),
}


class Opaque(ctypes.Structure):
    """Parameters by value: a block larger than the real one, always the last argument, so that its rest is not read."""

    _fields_ = [("fields", ctypes.c_int32 * 128)]


class Batch(ctypes.Structure):
    _fields_ = [("count", ctypes.c_int32), ("tokens", ctypes.POINTER(ctypes.c_int32)), ("embeddings", ctypes.c_void_p),
                ("positions", ctypes.POINTER(ctypes.c_int32)), ("sequence_counts", ctypes.POINTER(ctypes.c_int32)),
                ("sequences", ctypes.POINTER(ctypes.POINTER(ctypes.c_int32))), ("logits", ctypes.POINTER(ctypes.c_int8))]


class Llama:
    N_CTX, N_BATCH, N_UBATCH, FLASH_ATTENTION, KEY_TYPE, VALUE_TYPE = 0, 1, 2, 13, 26, 27     # in units of 4 bytes
    AUTO, F16, F32, DISABLED = -1, 1, 0, 0

    def __init__(self, package):
        folder = os.path.join(package, "bins", "linux-x64")
        find = lambda start: ctypes.CDLL(glob.glob(os.path.join(folder, start))[0], ctypes.RTLD_GLOBAL)
        find("libggml-base.so")
        ggml, self.library = find("libggml.v*.so"), find("libllama.v*.so")
        silent = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
        self.silence = silent(lambda level, message, user: None)
        self.library.llama_log_set(self.silence, None)
        ggml.ggml_backend_load_all_from_path(folder.encode())
        library = self.library
        library.llama_model_default_params.restype = library.llama_context_default_params.restype = Opaque
        library.llama_batch_init.restype = Batch
        library.llama_model_load_from_file.restype = library.llama_init_from_model.restype = ctypes.c_void_p
        library.llama_init_from_model.argtypes = [ctypes.c_void_p, Opaque]
        library.llama_decode.argtypes = [ctypes.c_void_p, Batch]
        library.llama_get_logits_ith.argtypes = [ctypes.c_void_p, ctypes.c_int32]
        library.llama_get_logits_ith.restype = ctypes.POINTER(ctypes.c_float)
        library.llama_set_n_threads.argtypes = [ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32]
        library.llama_free.argtypes = library.llama_model_free.argtypes = [ctypes.c_void_p]
        library.llama_backend_init()

    def logits(self, path, tokens, vocabulary):
        library = self.library
        model = library.llama_model_load_from_file(path.encode(), library.llama_model_default_params())
        assert model, path
        parameters = library.llama_context_default_params()
        fields = parameters.fields
        assert (fields[self.FLASH_ATTENTION], fields[self.KEY_TYPE], fields[self.VALUE_TYPE]) == (self.AUTO, self.F16, self.F16)
        fields[self.N_CTX] = fields[self.N_BATCH] = fields[self.N_UBATCH] = 64
        fields[self.FLASH_ATTENTION], fields[self.KEY_TYPE], fields[self.VALUE_TYPE] = self.DISABLED, self.F32, self.F32
        context = library.llama_init_from_model(model, parameters)
        assert context, path
        library.llama_set_n_threads(context, 1, 1)
        batch = library.llama_batch_init(len(tokens), 0, 1)
        batch.count = len(tokens)
        for i, token in enumerate(tokens):
            batch.tokens[i], batch.positions[i], batch.sequence_counts[i], batch.logits[i] = token, i, 1, 1
            batch.sequences[i][0] = 0
        assert library.llama_decode(context, batch) == 0
        rows = [library.llama_get_logits_ith(context, i)[:vocabulary] for i in range(len(tokens))]
        library.llama_free(context)
        library.llama_model_free(model)
        return torch.tensor(rows)


def decided(config):
    """Random weights and tokens whose routing is far from ties, by the reference, so that rounding cannot change it."""
    for seed in range(1000):
        generator = torch.Generator().manual_seed(seed)
        weights = base.random_weights(Reference(config, {}), generator)
        tokens = torch.randint(config["vocab_size"], (TOKENS,), generator=generator)
        exact = {name: tensor.double() for name, tensor in weights.items()}
        positions = torch.arange(TOKENS)
        logits, routings = Reference(config, exact).forward(tokens, positions, torch.zeros_like(positions))
        if min((routing.margin for routing in routings.values()), default=1) > base.MARGIN:
            return weights, tokens, logits
    raise RuntimeError("no seed gives a decided routing")


def write(case, llama):
    start, changes = CASES[case]
    config = {**start, **changes}
    weights, tokens, expected = decided(config)
    folder = os.path.join(HERE, case)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(config, indent=2) + "\n")
    tensor_file.save(os.path.join(folder, "model.safetensors"), weights, {"format": "pt", **ORIGIN})
    path = os.path.join(folder, "model.gguf")
    gguf_file.save(path, *gguf_file.convert(config, {name: tensor.numpy() for name, tensor in weights.items()}))
    logits = llama.logits(path, tokens.tolist(), config["vocab_size"])
    tensor_file.save(os.path.join(folder, "logits.safetensors"), {"tokens": tokens.int(), "logits": logits}, ORIGIN)
    return base.relative_error(logits, expected)


def check(case, llama):
    folder = os.path.join(HERE, case)
    stored = tensor_file.load(os.path.join(folder, "logits.safetensors"))
    tokens = stored["tokens"].tolist()
    return base.relative_error(llama.logits(os.path.join(folder, "model.gguf"), tokens, stored["logits"].shape[1]), stored["logits"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", help="the unpacked npm package")
    parser.add_argument("--check", action="store_true", help="compare the stored logits, write nothing")
    parser.add_argument("case", nargs="*", help="only these cases")
    options = parser.parse_args()
    torch.set_num_threads(1)
    library = Llama(options.package)
    for name in options.case or CASES:
        error = check(name, library) if options.check else write(name, library)
        print(f"{name:18} {'llama.cpp again' if options.check else 'llama.cpp and the reference'} {error:.1e}")
        assert error < TOLERANCE, name

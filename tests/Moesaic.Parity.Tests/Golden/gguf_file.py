"""A GGUF file (version 3) written in a few lines, and the tensors and keys that llama.cpp's convert script gives a
Hugging Face checkpoint: its names, its permutations, its keys. Shares nothing with Moesaic.
"""

import math
import os
import struct

import numpy as np

UINT32, FLOAT32, BOOL, STRING = 4, 6, 7, 8
ALIGNMENT = 32


def text(value):
    return struct.pack("<Q", len(value.encode())) + value.encode()


def entry(key, value):
    """A key with the type that the convert script's writer gives such a value."""
    if isinstance(value, bool):
        return text(key) + struct.pack("<I?", BOOL, value)
    if isinstance(value, int):
        return text(key) + struct.pack("<II", UINT32, value)
    if isinstance(value, float):
        return text(key) + struct.pack("<If", FLOAT32, value)
    return text(key) + struct.pack("<I", STRING) + text(value)


def save(path, keys, tensors):
    """Float32 tensors, NumPy's dimensions in reverse."""
    infos, data = b"", b""
    for name, array in tensors.items():
        shape = array.shape[::-1]
        infos += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(data))
        data += array.astype("<f4").tobytes()
        data += b"\0" * (-len(data) % ALIGNMENT)
    header = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys))
    header += b"".join(entry(key, value) for key, value in keys.items()) + infos
    with open(path + ".tmp", "wb") as file:
        file.write(header + b"\0" * (-len(header) % ALIGNMENT) + data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".tmp", path)


ARCHITECTURES = {
    "llama": "llama", "mistral": "llama", "mixtral": "llama", "qwen2": "qwen2", "qwen3": "qwen3", "qwen2_moe": "qwen2moe",
    "qwen3_moe": "qwen3moe", "olmoe": "olmoe", "deepseek": "deepseek", "deepseek_v2": "deepseek2", "deepseek_v3": "deepseek2",
    "gpt_oss": "gpt-oss",
}
LAYER_NAMES = {
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm", "self_attn.q_a_proj": "attn_q_a",
    "self_attn.q_b_proj": "attn_q_b", "self_attn.q_a_layernorm": "attn_q_a_norm",
    "self_attn.kv_a_proj_with_mqa": "attn_kv_a_mqa", "self_attn.kv_a_layernorm": "attn_kv_a_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down", "mlp.gate": "ffn_gate_inp",
    "block_sparse_moe.gate": "ffn_gate_inp", "mlp.shared_expert_gate": "ffn_gate_inp_shexp",
}
EXPERT_PARTS = {"gate_proj": "gate", "up_proj": "up", "down_proj": "down", "w1": "gate", "w3": "up", "w2": "down"}


def neighbours(array, heads):
    """Rows of each head from halves (i, i + d/2) to neighbouring pairs, as the script does for LLaMA."""
    return array.reshape(heads, 2, array.shape[0] // heads // 2, *array.shape[1:]).swapaxes(1, 2).reshape(array.shape)


def convert(config, weights):
    """Keys and tensors of the file."""
    architecture = ARCHITECTURES[config["model_type"]]
    return keys(config, architecture), tensors(config, architecture, weights)


def tensors(config, architecture, weights):
    converted, experts = {}, {}
    latent = config.get("kv_lora_rank")
    for name, array in weights.items():
        parts = name.split(".")
        if parts[:2] != ["model", "layers"]:
            known = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight",
                     "lm_head.weight": "output.weight"}
            converted[known[name]] = array
            continue
        block, inner, kind = f"blk.{parts[2]}", ".".join(parts[3:-1]), parts[-1]
        if architecture == "gpt-oss" and (found := gpt_oss(block, ".".join(parts[3:]), array)):
            converted.update(found)
        elif "experts" in parts and "shared_experts" not in parts:
            experts.setdefault(f"{block}.ffn_{EXPERT_PARTS[parts[-2]]}_exps.weight", []).append(array)
        elif "shared_expert" in parts or "shared_experts" in parts:
            converted[f"{block}.ffn_{EXPERT_PARTS[parts[-2]]}_shexp.weight"] = array
        elif kind == "e_score_correction_bias":
            converted[f"{block}.exp_probs_b.bias"] = array
        elif inner == "self_attn.kv_b_proj":
            heads, value = config["num_attention_heads"], config["v_head_dim"]
            both = array.reshape(heads, config["qk_nope_head_dim"] + value, latent)
            converted[f"{block}.attn_k_b.weight"] = np.ascontiguousarray(both[:, :-value].swapaxes(1, 2))
            converted[f"{block}.attn_v_b.weight"] = np.ascontiguousarray(both[:, -value:])
        else:
            if architecture in ("llama", "deepseek") and inner in ("self_attn.q_proj", "self_attn.k_proj"):
                array = neighbours(array, config["num_key_value_heads" if inner.endswith("k_proj") else "num_attention_heads"])
            converted[f"{block}.{LAYER_NAMES[inner]}.{kind}"] = array.squeeze() if inner.endswith("expert_gate") else array
    converted.update({name: np.stack(arrays) for name, arrays in experts.items()})
    scaling = config.get("rope_scaling") or {}
    if scaling.get("rope_type") == "llama3":
        converted["rope_freqs.weight"] = llama3_divisors(config, scaling)
    return converted


def gpt_oss(block, name, array):
    """The tensors that have other names than elsewhere; gates and ups, which take turns, become two."""
    renamed = {"self_attn.sinks": "attn_sinks.weight", "post_attention_layernorm.weight": "post_attention_norm.weight",
               "mlp.router.weight": "ffn_gate_inp.weight", "mlp.router.bias": "ffn_gate_inp.bias",
               "mlp.experts.down_proj_bias": "ffn_down_exps.bias"}
    if name in renamed:
        return {f"{block}.{renamed[name]}": array}
    if name == "mlp.experts.down_proj":
        return {f"{block}.ffn_down_exps.weight": array.swapaxes(1, 2)}
    if name.startswith("mlp.experts.gate_up_proj"):
        kind = "bias" if name.endswith("bias") else "weight"
        rows = array if kind == "bias" else array.swapaxes(1, 2)
        return {f"{block}.ffn_gate_exps.{kind}": rows[:, 0::2], f"{block}.ffn_up_exps.{kind}": rows[:, 1::2]}
    return None


def llama3_divisors(config, scaling):
    width = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
    low, high, factor = scaling["low_freq_factor"], scaling["high_freq_factor"], scaling["factor"]
    divisors = []
    for pair in range(width // 2):
        turns = scaling["original_max_position_embeddings"] * config["rope_theta"] ** (-2 * pair / width) / (2 * math.pi)
        smooth = min(max((turns - low) / (high - low), 0), 1)
        divisors.append(1 / ((1 - smooth) / factor + smooth))
    return np.array(divisors)


def keys(config, architecture):
    latent, scaling = config.get("kv_lora_rank"), config.get("rope_scaling") or {}
    inner = {
        "block_count": config["num_hidden_layers"], "context_length": config["max_position_embeddings"],
        "embedding_length": config["hidden_size"], "feed_forward_length": config["intermediate_size"],
        "attention.head_count": config["num_attention_heads"],
        "attention.head_count_kv": 1 if latent else config["num_key_value_heads"],
        "rope.freq_base": float(config["rope_theta"]), "attention.layer_norm_rms_epsilon": float(config["rms_norm_eps"]),
        "vocab_size": config["vocab_size"],
        "expert_count": next((config[k] for k in ("num_local_experts", "num_experts", "n_routed_experts") if k in config), None),
        "expert_used_count": config.get("num_experts_per_tok"), "expert_group_count": config.get("n_group"),
        "expert_group_used_count": config.get("topk_group"),
        "expert_gating_func": {None: None, "softmax": 1, "sigmoid": 2}[config.get("scoring_func")],
        "expert_feed_forward_length": config.get("moe_intermediate_size"),
        "expert_shared_feed_forward_length": config.get("shared_expert_intermediate_size"),
        "expert_shared_count": config.get("n_shared_experts"), "leading_dense_block_count": config.get("first_k_dense_replace"),
        "attention.key_length": config.get("head_dim"), "attention.value_length": config.get("head_dim"),
    }
    if architecture in ("llama", "deepseek"):
        inner["rope.dimension_count"] = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
    if architecture == "gpt-oss":
        inner.update({"attention.sliding_window": config["sliding_window"], "expert_feed_forward_length": config["intermediate_size"]})
    if architecture == "deepseek":
        inner.update({"rope.scaling.type": "none", "expert_weights_scale": 1.0})
    if (kind := scaling.get("rope_type", scaling.get("type"))) in ("linear", "yarn"):
        inner.update({"rope.scaling.type": kind, "rope.scaling.factor": float(scaling["factor"])})
    if kind == "yarn":
        inner["rope.scaling.original_context_length"] = scaling["original_max_position_embeddings"]
        for name in ("beta_fast", "beta_slow"):
            inner[f"rope.scaling.yarn_{name}"] = float(scaling[name]) if name in scaling else None
    if latent:
        rotary = config["qk_rope_head_dim"]
        inner.update({
            "attention.q_lora_rank": config["q_lora_rank"], "attention.kv_lora_rank": latent,
            "attention.key_length": latent + rotary, "attention.value_length": latent,
            "attention.key_length_mla": config["qk_nope_head_dim"] + rotary, "attention.value_length_mla": config["v_head_dim"],
            "expert_weights_scale": float(config["routed_scaling_factor"]),
            "expert_weights_norm": True if config["norm_topk_prob"] else None, "rope.dimension_count": rotary,
            "rope.scaling.yarn_log_multiplier": 0.1 * scaling["mscale_all_dim"] if "mscale_all_dim" in scaling else None,
        })
    return {"general.architecture": architecture, "general.file_type": 0, "tokenizer.ggml.model": "no_vocab",
            **{f"{architecture}.{key}": value for key, value in inner.items() if value is not None}}

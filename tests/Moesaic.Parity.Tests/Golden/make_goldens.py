"""Writes the golden cases of the parity tests, one tiny Hugging Face folder each, or checks the ones that are there.

    python3 make_goldens.py [CASE...]  writes <case>/config.json, model.safetensors and golden.safetensors
    python3 make_goldens.py --check    recomputes the goldens from the stored weights and compares

golden.safetensors holds (T tokens, V vocabulary, K chosen experts):
    tokens, targets, positions, segments   int32 [T]; target -1 is not counted; a token sees only its own segment
    logits                                 [T, V]
    loss_plain, grad.<weight>              mean cross-entropy over the counted targets, and its gradients
    loss_with_aux, grad_with_aux.<weight>  the same plus BALANCE * sum over mixture layers of the load balance loss
                                           and Z * sum over mixture layers of the z-loss (mixtures only; routers of attention count too)
    chosen.<layer>, weights.<layer>        [T, K] routing in order of falling probability (mixtures only)
Weights are float32; everything is computed from them in float64 and stored rounded to float32.
"""

import argparse
import json
import os
import platform

import torch

import tensor_file
from reference import Reference, cross_entropy

BALANCE, Z = 0.01, 0.001
MARGIN = 1e-3           # a router logit this close to being chosen would make the case a coin toss in float32
FLOAT32_ERROR = 2e-5    # what float32 arithmetic may cost a tensor; the tests then have room below their 1e-4
SIZE_LIMIT = 250_000    # bytes of one case
HERE = os.path.dirname(os.path.abspath(__file__))

DENSE = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "hidden_size": 32,
    "intermediate_size": 56, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 4,
    "vocab_size": 64, "max_position_embeddings": 128, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
    "tie_word_embeddings": False, "bos_token_id": 1, "eos_token_id": 2, "torch_dtype": "float32",
}
MIXTRAL = {
    **DENSE, "architectures": ["MixtralForCausalLM"], "model_type": "mixtral", "hidden_size": 24,
    "intermediate_size": 20, "num_key_value_heads": 2, "vocab_size": 48, "rope_theta": 1000000.0,
    "sliding_window": None, "num_local_experts": 4, "num_experts_per_tok": 2, "output_router_logits": False,
    "router_aux_loss_coef": BALANCE,
}
DEEPSEEK = {
    **DENSE, "architectures": ["DeepseekForCausalLM"], "model_type": "deepseek", "hidden_size": 24,
    "intermediate_size": 40, "vocab_size": 48, "n_routed_experts": 6, "n_shared_experts": 2,
    "moe_intermediate_size": 10, "num_experts_per_tok": 3, "first_k_dense_replace": 1, "moe_layer_freq": 1,
    "norm_topk_prob": False, "scoring_func": "softmax", "aux_loss_alpha": BALANCE, "seq_aux": True,
}
QWEN2 = {
    **DENSE, "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "hidden_size": 16,
    "intermediate_size": 24, "num_key_value_heads": 2, "vocab_size": 32, "rope_theta": 1000000.0,
    "rms_norm_eps": 1e-6, "sliding_window": 16, "use_sliding_window": False, "max_window_layers": 1,
}
QWEN3 = {
    **QWEN2, "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "head_dim": 6,
    "attention_bias": False,
}
QWEN2_MOE = {
    **QWEN2, "architectures": ["Qwen2MoeForCausalLM"], "model_type": "qwen2_moe", "num_key_value_heads": 4,
    "num_experts": 5, "num_experts_per_tok": 2,
    "moe_intermediate_size": 8, "shared_expert_intermediate_size": 10, "norm_topk_prob": False, "decoder_sparse_step": 1,
    "mlp_only_layers": [], "output_router_logits": False, "router_aux_loss_coef": BALANCE,
}
QWEN3_MOE = {
    **QWEN3, "architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "num_experts": 6,
    "num_experts_per_tok": 3, "moe_intermediate_size": 8, "norm_topk_prob": True, "decoder_sparse_step": 1,
    "mlp_only_layers": [], "output_router_logits": False, "router_aux_loss_coef": BALANCE,
}
OLMOE = {
    **DENSE, "architectures": ["OlmoeForCausalLM"], "model_type": "olmoe", "hidden_size": 16, "intermediate_size": 8,
    "num_key_value_heads": 2, "vocab_size": 32, "num_experts": 6, "num_experts_per_tok": 3, "norm_topk_prob": False,
    "clip_qkv": None, "output_router_logits": False, "router_aux_loss_coef": BALANCE,
}
YARN = {"type": "yarn", "factor": 8.0, "original_max_position_embeddings": 32, "beta_fast": 4, "beta_slow": 1,
        "mscale": 0.9, "mscale_all_dim": 0.6}
DEEPSEEK_V2 = {
    **DEEPSEEK, "architectures": ["DeepseekV2ForCausalLM"], "model_type": "deepseek_v2", "hidden_size": 16,
    "intermediate_size": 24, "vocab_size": 32, "n_routed_experts": 6,
    "n_shared_experts": 2, "moe_intermediate_size": 6, "num_attention_heads": 3, "num_key_value_heads": 3,
    "q_lora_rank": None, "kv_lora_rank": 12, "qk_nope_head_dim": 6, "qk_rope_head_dim": 4, "v_head_dim": 8,
    "topk_method": "greedy", "n_group": 1, "topk_group": 1, "routed_scaling_factor": 1.0, "rms_norm_eps": 1e-6,
    "attention_bias": False,
}
DEEPSEEK_V3 = {
    **DEEPSEEK_V2, "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3", "n_routed_experts": 8,
    "n_shared_experts": 1, "scoring_func": "sigmoid", "topk_method": "noaux_tc", "norm_topk_prob": True, "q_lora_rank": 10,
    "n_group": 4, "topk_group": 2, "routed_scaling_factor": 2.5, "num_nextn_predict_layers": 0,
}

GPT_OSS = {
    **DENSE, "architectures": ["GptOssForCausalLM"], "model_type": "gpt_oss", "hidden_size": 16, "intermediate_size": 12,
    "num_key_value_heads": 2, "head_dim": 6, "vocab_size": 32, "rope_theta": 100.0, "attention_bias": True, "sliding_window": 6,
    "num_local_experts": 4, "num_experts_per_tok": 2, "experts_per_token": 2, "swiglu_limit": 7.0, "output_router_logits": False,
    "router_aux_loss_coef": 0.9, "initial_context_length": 32,
    "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "beta_fast": 4.0, "beta_slow": 1.0, "original_max_position_embeddings": 32,
                     "truncate": False},
}

LLAMA_MOE = {
    **DENSE, "architectures": ["LlamaMoEForCausalLM"], "model_type": "llama_moe", "hidden_size": 16, "intermediate_size": 30,
    "num_key_value_heads": 2, "vocab_size": 32, "pad_token_id": 0, "num_experts": 5, "num_selects": 2,
    "size_experts": [[6, 6, 6, 6, 6], [4, 10, 5, 8, 3]], "gate_type": "TopKBalancedNoisyGate", "gate_network": "mlp",
    "gate_use_softmax": True, "gate_use_balance": True, "gate_balance_loss_weight": BALANCE, "gate_add_noise": True,
    "gate_noise_epsilon": 0.01, "calculator_type": "UniversalCalculator", "multiply_gate_scores": True,
    "score_scale_factor": 1.0, "add_weight_norm": False, "drop_tokens": True, "dropped_padding": "zero", "capacity_factor": 1.25,
}
LLAMA_MOE_RESIDUAL = {
    **LLAMA_MOE, "architectures": ["LlamaMoEResidualForCausalLM"], "model_type": "llama_moe_residual", "intermediate_size": 26,
    "intermediate_size_moe": 20, "intermediate_size_residual": 6, "size_experts": None,
    "num_experts_residual": 1, "size_experts_residual": [[6], [6]], "gate_use_softmax_residual": True,
    "multiply_gate_scores_residual": True, "score_scale_factor_residual": 1.0, "use_weighting": False,
}
LLAMA_MOE_V2 = {
    **MIXTRAL, "hidden_size": 16, "intermediate_size": 8, "vocab_size": 32, "intermediate_size_residual": None, "scale_factor": 1.0,
    "moe_type": "modulelist", "num_moe_contract_layers": 0, "use_attn_moe": False, "top_k_attn": None, "attn_experts": None,
    "scale_factor_attn": None, "use_layer_wise_balance": True, "add_rescale_bias": False,
}

# Case -> base, changes to its config, lengths of the packed segments.
CASES = {
    "llama-mha": (DENSE, {"rms_norm_eps": 1e-2}, [24]),
    "llama-gqa-tied": (DENSE, {"num_key_value_heads": 2, "tie_word_embeddings": True}, [24]),
    "llama-headdim": (DENSE, {"num_key_value_heads": 2, "head_dim": 12, "hidden_size": 24}, [19]),
    "llama3-rope": (DENSE, {
        "num_attention_heads": 2, "num_key_value_heads": 1, "rope_theta": 500.0, "tie_word_embeddings": True,
        "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                         "original_max_position_embeddings": 64}}, [32]),
    "llama-linear-rope": (DENSE, {"rope_scaling": {"type": "linear", "factor": 4.0}}, [32]),
    "llama-bias": (DENSE, {"attention_bias": True, "num_key_value_heads": 1}, [17]),
    "llama-segments": (DENSE, {"hidden_size": 16, "num_hidden_layers": 3, "num_key_value_heads": 2,
                               "vocab_size": 96}, [7, 1, 12, 9]),
    "mistral": (DENSE, {
        "architectures": ["MistralForCausalLM"], "model_type": "mistral", "hidden_size": 48, "intermediate_size": 32,
        "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 8, "num_hidden_layers": 2,
        "rope_theta": 1000000.0, "sliding_window": None}, [24]),
    "mistral-window": (DENSE, {
        "architectures": ["MistralForCausalLM"], "model_type": "mistral", "num_attention_heads": 4, "num_key_value_heads": 2,
        "hidden_size": 16, "intermediate_size": 24, "vocab_size": 32, "sliding_window": 7}, [23, 9, 5]),
    "mixtral-window": (MIXTRAL, {"hidden_size": 16, "intermediate_size": 12, "vocab_size": 32, "sliding_window": 4}, [24]),
    "mixtral-top2": (MIXTRAL, {"num_key_value_heads": 4}, [24]),
    "mixtral-top1-idle-expert": (MIXTRAL, {"num_experts_per_tok": 1}, [12]),
    "mixtral-gqa-segments-aux": (MIXTRAL, {"num_key_value_heads": 1, "tie_word_embeddings": True}, [11, 3, 14]),
    "deepseek-shared": (DEEPSEEK, {}, [24]),
    "deepseek-norm": (DEEPSEEK, {"norm_topk_prob": True, "n_shared_experts": 1, "num_key_value_heads": 2}, [13, 8]),
    "deepseek-freq2": (DEEPSEEK, {"hidden_size": 16, "num_hidden_layers": 3, "first_k_dense_replace": 0,
                                  "moe_layer_freq": 2, "n_shared_experts": None, "moe_intermediate_size": 12,
                                  "tie_word_embeddings": True}, [24]),
    "qwen2-tied": (QWEN2, {"tie_word_embeddings": True}, [24]),
    "qwen2-window": (QWEN2, {"num_hidden_layers": 3, "use_sliding_window": True, "sliding_window": 5, "max_window_layers": 1}, [24]),
    "qwen3-window": (QWEN3, {
        "num_hidden_layers": 3, "use_sliding_window": True, "sliding_window": 6, "max_window_layers": 3,
        "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]}, [24, 11]),
    "qwen3-yarn": (QWEN3, {"rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32},
                           "rope_theta": 100.0}, [14, 18]),
    "qwen2-moe": (QWEN2_MOE, {"num_hidden_layers": 3, "decoder_sparse_step": 2}, [24]),
    "qwen2-moe-norm": (QWEN2_MOE, {"norm_topk_prob": True, "mlp_only_layers": [0], "num_key_value_heads": 1}, [13, 8]),
    "qwen3-moe": (QWEN3_MOE, {}, [24]),
    "qwen3-moe-raw": (QWEN3_MOE, {"norm_topk_prob": False, "mlp_only_layers": [1], "tie_word_embeddings": True}, [11, 9]),
    "olmoe": (OLMOE, {}, [24]),
    "deepseek-v2-lite": (DEEPSEEK_V2, {"rope_scaling": {**YARN, "mscale": 0.7, "mscale_all_dim": 0.7}}, [24]),
    "deepseek-v2-groups": (DEEPSEEK_V2, {
        "q_lora_rank": 10, "n_routed_experts": 8, "n_shared_experts": 1, "topk_method": "group_limited_greedy", "n_group": 4,
        "topk_group": 2, "routed_scaling_factor": 4.0, "rope_scaling": YARN, "rms_norm_eps": 1e-2}, [13, 8]),
    "gpt-oss": (GPT_OSS, {}, [24]),
    "gpt-oss-types": (GPT_OSS, {
        "num_hidden_layers": 3, "swiglu_limit": 3.0, "num_key_value_heads": 4, "sliding_window": 4, "num_experts_per_tok": 3,
        "layer_types": ["full_attention", "sliding_attention", "sliding_attention"], "hidden_size": 12, "intermediate_size": 8,
        "experts_per_token": 3}, [14, 9]),
    "llama-moe": (LLAMA_MOE, {"score_scale_factor": [2.5, 3.0]}, [24]),
    "llama-moe-linear": (LLAMA_MOE, {
        "gate_network": "linear", "gate_add_noise": False, "size_experts": None, "score_scale_factor": 2.0, "num_selects": 3}, [13, 8]),
    "llama-moe-residual": (LLAMA_MOE_RESIDUAL, {"score_scale_factor": 4.0}, [24]),
    "llama-moe-v2": (LLAMA_MOE_V2, {
        "num_hidden_layers": 3, "num_moe_contract_layers": 1, "intermediate_size_residual": 10, "scale_factor": 4.0}, [24]),
    "llama-moe-v2-attention": (LLAMA_MOE_V2, {
        "num_key_value_heads": 2, "use_attn_moe": True, "attn_experts": 4, "top_k_attn": 3,
        "scale_factor_attn": 2.5, "hidden_size": 24, "intermediate_size": 6, "num_local_experts": 3, "vocab_size": 24}, [14, 1, 9]),
    "deepseek-v3": (DEEPSEEK_V3, {"rope_scaling": {**YARN, "mscale": 1.0, "mscale_all_dim": 1.0}, "v_head_dim": 12}, [24]),
}


def random_weights(model, generator):
    """Weights large enough that every part of the model moves the logits; norms and biases away from 1 and 0."""
    weights = {}
    for name, shape in model.shapes().items():
        noise = torch.randn(shape, generator=generator)
        if name.endswith("norm.weight"):
            weights[name] = 1 + 0.2 * noise
        elif name.endswith("bias"):
            weights[name] = 0.3 * noise
        elif name == "model.embed_tokens.weight":
            weights[name] = noise if not model.tied else 0.5 * noise
        elif name.endswith("gate_up_proj"):
            weights[name] = noise           # so that some gates exceed their limit
        elif name.endswith("sinks"):
            weights[name] = 1 + noise
        else:
            weights[name] = noise * 1.2 / shape[-1] ** 0.5
    return weights


def random_row(vocabulary, lengths, generator):
    """A packed row: the target of a token is the next one of its segment, -1 at the end of each and at some others."""
    tokens = torch.randint(vocabulary, (sum(lengths),), generator=generator)
    segments = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    positions = torch.cat([torch.arange(length) for length in lengths])
    targets = torch.cat([tokens[1:], torch.tensor([-1])])
    targets[torch.cat([segments[1:] != segments[:-1], torch.tensor([True])])] = -1
    targets[2] = targets[4] = -1
    return {"tokens": tokens, "targets": targets, "positions": positions, "segments": segments}


def compute(config, weights, row, dtype):
    """All that golden.safetensors holds beyond the row itself, and the smallest routing margin."""
    leaves = {name: tensor.to(dtype).requires_grad_() for name, tensor in weights.items()}
    model = Reference(config, leaves)
    logits, routings = model.forward(row["tokens"], row["positions"], row["segments"])
    routers = [*routings.values(), *model.attention_routings]
    plain = cross_entropy(logits, row["targets"])
    golden = {"logits": logits, "loss_plain": plain}
    losses = {"grad": plain}
    if routings:
        losses["grad_with_aux"] = golden["loss_with_aux"] = plain + sum(
            BALANCE * routing.load_balance() + Z * routing.z_loss() for routing in routers)
    for prefix, loss in losses.items():
        gradients = torch.autograd.grad(loss, list(leaves.values()), retain_graph=True, allow_unused=True)
        for (name, leaf), gradient in zip(leaves.items(), gradients):
            gradient = torch.zeros_like(leaf) if gradient is None else gradient
            golden[f"{prefix}.{name}"] = gradient
    for layer, routing in routings.items():
        golden[f"chosen.{layer}"] = routing.chosen.int()
        golden[f"weights.{layer}"] = routing.weights
    return golden, min((routing.margin for routing in routers), default=float("inf"))


def zero_gradients_made_exact(golden):
    """A single renormalised expert has weight p / p, so its router's gradient is 0; autograd leaves 1e-17 behind."""
    return {name: torch.zeros_like(t) if name.startswith("grad") and t.norm() < 1e-12 else t
            for name, t in golden.items()}


def relative_error(actual, expected):
    """||actual - expected|| / ||expected||; the plain norm of actual where expected is zero."""
    expected = expected.double()
    scale = expected.norm().item()
    return (actual.double() - expected).norm().item() / (scale or 1.0)


def make(case, config, lengths):
    """The first seed whose routing is far from ties and, where the case's name says so, leaves an expert idle."""
    for seed in range(1000):
        generator = torch.Generator().manual_seed(seed)
        weights = random_weights(Reference(config, {}), generator)
        row = random_row(config["vocab_size"], lengths, generator)
        golden, margin = compute(config, weights, row, torch.float64)
        idle = any(name.startswith("grad.") and "expert" in name and not t.any() for name, t in golden.items())
        if margin > MARGIN and idle == case.endswith("idle-expert"):
            return seed, weights, row, zero_gradients_made_exact(golden)
    raise RuntimeError(f"{case}: no seed gives a decided routing")


def write(case):
    base, changes, lengths = CASES[case]
    config = {**base, **changes}
    seed, weights, row, golden = make(case, config, lengths)
    folder = os.path.join(HERE, case)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(config, indent=2) + "\n")
    origin = {"made_by": "make_goldens.py", "seed": str(seed), "python": platform.python_version(),
              "torch": torch.__version__, "precision": "float64 rounded to float32"}
    tensor_file.save(os.path.join(folder, "model.safetensors"), weights, {"format": "pt", **origin})
    golden.update({name: tensor.int() for name, tensor in row.items()})
    tensor_file.save(os.path.join(folder, "golden.safetensors"), golden, origin)
    size = sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder))
    assert size < SIZE_LIMIT, (case, size)
    return size


# What a reader of config.json could get wrong without any shape complaining -> a wrong value.
MISREADINGS = {"rms_norm_eps": 1e-5, "rope_theta": 10000.0, "rope_scaling": None, "norm_topk_prob": False,
               "topk_method": "greedy", "routed_scaling_factor": 1.0, "sliding_window": None,
               "layer_types": ["full_attention", "full_attention", "sliding_attention"], "swiglu_limit": 7.0, "score_scale_factor": 1.0,
               "scale_factor": 1.0, "scale_factor_attn": 1.0}


def assert_misreading_shows(case, config, weights, row, logits):
    """A setting that the case changes, or its segments, moves the logits far beyond the tests' tolerance of 1e-4."""
    wrong = {key: (dict(config, **{key: value}), row) for key, value in MISREADINGS.items()
             if CASES[case][1].get(key, value) != value}
    if config["model_type"] == "gpt_oss":
        rounded = {name: value for name, value in config["rope_scaling"].items() if name != "truncate"}
        wrong |= {key: (dict(config, **{key: value}), row)
                  for key, value in (("rope_scaling", rounded), ("swiglu_alpha", 1.0), ("swiglu_limit", 100.0))}
    if row["segments"].any():
        wrong["segments"] = config, dict(row, segments=torch.zeros_like(row["segments"]))
        wrong["positions"] = config, dict(row, positions=torch.arange(len(row["tokens"])))
    for key, (wrong_config, wrong_row) in wrong.items():
        error = relative_error(compute(wrong_config, weights, wrong_row, torch.float64)[0]["logits"], logits)
        # Rotary angles are relative: moving a whole segment must change nothing.
        assert error < 1e-6 if key == "positions" else error > 1e-3, (case, key, error)


def check(case):
    """The worst error of the stored goldens against a recomputation in float64, and in float32."""
    folder = os.path.join(HERE, case)
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    weights = tensor_file.load(os.path.join(folder, "model.safetensors"))
    stored = tensor_file.load(os.path.join(folder, "golden.safetensors"))
    row = {name: stored.pop(name).long() for name in ("tokens", "targets", "positions", "segments")}
    worst = []
    for dtype, limit in ((torch.float64, 1e-7), (torch.float32, FLOAT32_ERROR)):
        golden, margin = compute(config, weights, row, dtype)
        assert golden.keys() == stored.keys() and margin > MARGIN / 2
        errors = {name: relative_error(golden[name], stored[name]) for name in stored}
        name = max(errors, key=errors.get)
        assert errors[name] < limit, (case, dtype, name, errors[name])
        worst.append((name, errors[name]))
    assert_misreading_shows(case, config, weights, row, stored["logits"])
    return worst


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare the stored goldens, write nothing")
    parser.add_argument("case", nargs="*", help="only these cases")
    options = parser.parse_args()
    torch.set_num_threads(1)
    total = 0
    for case in options.case or CASES:
        if not options.check:
            total += write(case)
        (_, exact), (name, single) = check(case)
        print(f"{case:28} float64 {exact:.1e}  float32 {single:.1e} ({name})")
    if total:
        print(f"{total:,} bytes")

"""What each family's config.json means: `read` turns it into explicit `Settings`, so that the arithmetic in reference.py
asks for no model_type. Every key must be read here or known to be inert; anything else is an error.
"""

import math
from dataclasses import dataclass, field

# Keys that carry no arithmetic, or whose effect is outside a forward pass.
INERT_KEYS = {
    "architectures", "attention_dropout", "aux_loss_alpha", "bos_token_id", "eos_token_id", "initializer_range",
    "max_position_embeddings", "output_router_logits", "pretraining_tp", "router_aux_loss_coef",
    "router_jitter_noise", "seq_aux", "torch_dtype", "use_cache", "max_window_layers", "ep_size",
    "num_nextn_predict_layers", "initial_context_length", "experts_per_token", "gate_use_balance", "gate_balance_loss_weight",
    "gate_noise_epsilon", "pad_token_id", "drop_tokens", "dropped_padding", "capacity_factor", "use_layer_wise_balance",
}


class Config:
    """config.json, every key of which must be read or known to be inert; `require_all_read` finds the others."""

    def __init__(self, values):
        self.values, self.read = values, set(INERT_KEYS)

    def __call__(self, key, default=None):
        self.read.add(key)
        value = self.values.get(key)
        return default if value is None else value

    def require(self, key, expected):
        if self(key, expected) != expected:
            raise NotImplementedError(f"{key} = {self(key)}; only {expected} is implemented")

    def require_all_read(self):
        unknown = set(self.values) - self.read
        if unknown:
            raise NotImplementedError(f"config keys without a meaning here: {sorted(unknown)}")


@dataclass
class Latent:
    """Multi-head latent attention (DeepSeek-V2, section 2.1): ranks and the parts of a head."""

    query_rank: int         # 0: queries are not compressed
    rank: int
    plain: int              # width of the part of a query or key head without position
    rotary: int             # width of the part with position; keys share one among all heads
    value: int


@dataclass
class Settings:
    width: int
    vocabulary: int
    layers: int
    heads: int
    kv_heads: int
    head_width: int
    eps: float
    tied: bool
    theta: float
    scaling: dict
    score_scale: float
    windows: list = None            # per layer: how many tokens a token sees at most, itself counted, or None for all
    biased: tuple = ()              # of "qkvo": the attention projections with a bias
    head_norm: str = None           # None, "head" (each head by itself) or "projection" (all heads together)
    sinks: bool = False             # a learned score of each head that takes part in the softmax and has no value
    latent: Latent = None
    ffn_width: int = 0
    mixture_layers: set = field(default_factory=set)
    experts: int = 0
    top_k: int = 0
    expert_width: int = 0
    shared_width: int = 0
    shared_gate: bool = False       # sigmoid(w x) times the shared expert's output
    affinity: str = "softmax"       # or "sigmoid"
    correction: bool = False        # a bias per expert on the selection score, not on the weight
    groups: tuple = None            # (number, kept, how many best experts' scores make a group's score)
    renormalise: bool = True
    routed_scale: float = 1.0
    clamped: tuple = None           # (limit, slope): gpt-oss's experts, packed, with biases and a router with one
    version: int = 0                # of LLaMA-MoE, whose names are its own; 0: another family
    expert_widths: list = None      # per layer: the width of each expert, where they differ
    layer_scales: list = None       # per layer: instead of routed_scale
    two_layers: bool = False        # the router's logits are W2 tanh(W1 x)
    noise: bool = False             # the router has a weight for its noise in training, which takes no part here
    residual: bool = False          # an expert of weight 1 beside, in a block of its own with a gate that changes nothing
    attention_experts: tuple = None # (number, chosen, scale): groups of heads, whose keys are those of the tokens that chose them


def read(config):
    c = Config(config)
    model_type = c("model_type")
    if model_type not in READERS:
        raise NotImplementedError(f"model_type {model_type}")
    settings = common(c)
    settings.windows = [None] * settings.layers
    READERS[model_type](c, settings)
    c.require_all_read()
    return settings


def common(c):
    c.require("hidden_act", "silu")
    c.require("mlp_bias", False)
    width, heads = c("hidden_size"), c("num_attention_heads")
    head_width = c("head_dim", width // heads)
    return Settings(
        width=width, vocabulary=c("vocab_size"), layers=c("num_hidden_layers"), heads=heads,
        kv_heads=c("num_key_value_heads", heads), head_width=head_width, eps=c("rms_norm_eps"),
        tied=c("tie_word_embeddings", False), theta=c("rope_theta", 10000.0), scaling=c("rope_scaling"),
        score_scale=head_width ** -0.5, ffn_width=c("intermediate_size"),
        biased=tuple("qkvo") if c("attention_bias", False) else ())


def llama(c, s):
    c.require("sliding_window", None)


def mistral(c, s):
    s.windows = [c("sliding_window")] * s.layers


def mixtral(c, s):
    mistral(c, s)
    s.mixture_layers = set(range(s.layers))
    s.experts, s.top_k, s.expert_width = c("num_local_experts"), c("num_experts_per_tok"), s.ffn_width
    if "moe_type" in c.values:
        llama_moe_v2(c, s)


def llama_moe_v2(c, s):
    c.require("moe_type", "modulelist")
    c.require("add_rescale_bias", False)
    s.version, s.routed_scale, s.shared_width = 2, c("scale_factor", 1.0), c("intermediate_size_residual", 0)
    dense = c("num_moe_contract_layers", 0)
    s.mixture_layers, s.ffn_width = set(range(dense, s.layers - dense)), s.expert_width * s.experts
    experts = c("attn_experts"), c("top_k_attn"), c("scale_factor_attn")
    if c("use_attn_moe", False):
        s.attention_experts = experts


def llama_moe(c, s):
    """LLaMA-MoE v1. A gate without noise is that of evaluation; softmax over the chosen is softmax over all, renormalised."""
    for key, value in (("gate_type", "TopKBalancedNoisyGate"), ("gate_use_softmax", True), ("multiply_gate_scores", True),
                       ("calculator_type", "UniversalCalculator"), ("add_weight_norm", False)):
        c.require(key, value)
    s.version, s.mixture_layers = 1, set(range(s.layers))
    s.experts, s.top_k, s.noise = c("num_experts"), c("num_selects"), c("gate_add_noise", True)
    s.two_layers = {"mlp": True, "linear": False}[c("gate_network", "mlp")]
    whole = c("intermediate_size_moe", s.ffn_width)
    s.expert_widths = c("size_experts", [[whole // s.experts] * s.experts] * s.layers)
    scales = c("score_scale_factor", 1.0)
    s.layer_scales = scales if isinstance(scales, list) else [scales] * s.layers


def llama_moe_residual(c, s):
    llama_moe(c, s)
    for key, value in (("num_experts_residual", 1), ("gate_use_softmax_residual", True), ("multiply_gate_scores_residual", True),
                       ("score_scale_factor_residual", 1.0), ("use_weighting", False)):
        c.require(key, value)
    s.residual, s.shared_width = True, c("intermediate_size_residual")
    c.require("size_experts_residual", [[s.shared_width]] * s.layers)


def qwen_windows(c, s):
    window, first, types = c("sliding_window"), c("max_window_layers", 28), c("layer_types")
    if c("use_sliding_window", False):      # otherwise the others mean nothing
        sliding = [l >= first for l in range(s.layers)] if types is None else [t == "sliding_attention" for t in types]
        s.windows = [window if slides else None for slides in sliding]


def qwen2(c, s):
    qwen_windows(c, s)
    s.biased = tuple("qkv")


def qwen3(c, s):
    qwen_windows(c, s)
    s.head_norm = "head"


def qwen_mixture(c, s):
    step, only_dense = c("decoder_sparse_step", 1), c("mlp_only_layers", [])
    s.mixture_layers = {l for l in range(s.layers) if l not in only_dense and (l + 1) % step == 0}
    s.experts, s.top_k, s.expert_width = c("num_experts"), c("num_experts_per_tok"), c("moe_intermediate_size")
    s.renormalise = c("norm_topk_prob", False)


def qwen2_moe(c, s):
    qwen2(c, s)
    qwen_mixture(c, s)
    s.biased = tuple("qkv") if c("qkv_bias", True) else ()
    s.shared_width, s.shared_gate = c("shared_expert_intermediate_size"), True


def qwen3_moe(c, s):
    qwen3(c, s)
    qwen_mixture(c, s)


def olmoe(c, s):
    c.require("clip_qkv", None)
    s.head_norm = "projection"
    s.mixture_layers = set(range(s.layers))
    s.experts, s.top_k, s.expert_width = c("num_experts"), c("num_experts_per_tok"), s.ffn_width
    s.renormalise = c("norm_topk_prob", False)


def deepseek(c, s):
    first, every = c("first_k_dense_replace", 0), c("moe_layer_freq", 1)
    s.mixture_layers = {l for l in range(s.layers) if l >= first and l % every == 0}
    s.experts, s.top_k, s.expert_width = c("n_routed_experts"), c("num_experts_per_tok"), c("moe_intermediate_size")
    s.shared_width = c("n_shared_experts", 0) * s.expert_width
    s.affinity = c("scoring_func", "softmax")
    s.renormalise = c("norm_topk_prob", False) and s.top_k > 1


def latent_attention(c, s):
    s.latent = Latent(query_rank=c("q_lora_rank", 0), rank=c("kv_lora_rank"), plain=c("qk_nope_head_dim"),
                      rotary=c("qk_rope_head_dim"), value=c("v_head_dim"))
    s.head_width = s.latent.plain + s.latent.rotary
    s.score_scale = s.head_width ** -0.5
    if s.scaling and s.scaling.get("mscale_all_dim"):
        s.score_scale *= stretch(s.scaling["factor"], s.scaling["mscale_all_dim"]) ** 2


def deepseek_v2(c, s):
    deepseek(c, s)
    latent_attention(c, s)
    method = c("topk_method", "greedy")
    if method == "group_limited_greedy":
        s.groups = c("n_group"), c("topk_group"), 1
    elif method != "greedy":
        raise NotImplementedError(f"topk_method {method}")
    c("n_group"), c("topk_group")
    s.routed_scale = c("routed_scaling_factor", 1.0)
    if s.renormalise:               # DeepSeek's own code then leaves the factor out, others do not
        c.require("routed_scaling_factor", 1.0)


def deepseek_v3(c, s):
    deepseek(c, s)
    latent_attention(c, s)
    c.require("topk_method", "noaux_tc")
    c.require("scoring_func", "sigmoid")
    s.correction, s.groups = True, (c("n_group"), c("topk_group"), 2)
    s.routed_scale = c("routed_scaling_factor")


def gpt_oss(c, s):
    c.require("attention_bias", True)
    s.sinks, s.clamped = True, (c("swiglu_limit", 7.0), c("swiglu_alpha", 1.702))
    s.mixture_layers = set(range(s.layers))
    s.experts, s.top_k, s.expert_width = c("num_local_experts"), c("num_experts_per_tok"), s.ffn_width
    window, types = c("sliding_window"), c("layer_types", ["sliding_attention", "full_attention"] * s.layers)
    s.windows = [window if kind == "sliding_attention" else None for kind in types[:s.layers]]


READERS = {"llama": llama, "mistral": mistral, "mixtral": mixtral, "qwen2": qwen2, "qwen3": qwen3, "qwen2_moe": qwen2_moe,
           "qwen3_moe": qwen3_moe, "olmoe": olmoe, "deepseek": deepseek, "deepseek_v2": deepseek_v2,
           "deepseek_v3": deepseek_v3, "gpt_oss": gpt_oss, "llama_moe": llama_moe, "llama_moe_residual": llama_moe_residual}


def stretch(factor, weight=1.0):
    """YaRN's factor on the attention's temperature (Peng et al. 2023, section 3.4), as DeepSeek weighs it."""
    return 0.1 * weight * math.log(factor) + 1.0 if factor > 1 else 1.0

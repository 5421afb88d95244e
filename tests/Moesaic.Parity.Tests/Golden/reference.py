"""LLaMA, Mistral, Mixtral and DeepSeek V1 as Hugging Face defines them: the outside opinion of the parity tests.

Written for reading, not for speed, and sharing nothing with Moesaic. Tokens come as one packed row of T positions with
a segment id each; a token sees itself and the earlier tokens of its own segment. Weights are a dictionary under their
Hugging Face names; arithmetic is done in the type the weights have.

    python3 reference.py --check-stories FOLDER   continues a known prompt with stories15M and compares the text
    python3 reference.py --check-identities       a mixture whose experts must add up to a dense layer does so
"""

import argparse
import json
import math
import os
from dataclasses import dataclass

import torch
import torch.nn.functional as F

import tensor_file

# Keys that carry no arithmetic, or whose effect is outside a forward pass.
INERT_KEYS = {
    "architectures", "attention_dropout", "aux_loss_alpha", "bos_token_id", "eos_token_id", "initializer_range",
    "max_position_embeddings", "output_router_logits", "pretraining_tp", "router_aux_loss_coef",
    "router_jitter_noise", "seq_aux", "torch_dtype", "use_cache",
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
class Routing:
    """What one mixture layer decided: router logits [T, E], chosen experts [T, K] by falling logit, weights [T, K]."""

    logits: torch.Tensor
    chosen: torch.Tensor
    weights: torch.Tensor

    def load_balance(self):
        """E * sum_e f_e P_e: f = share of the T*K choices (a count, no gradient), P = mean softmax probability."""
        experts = self.logits.shape[1]
        counts = torch.bincount(self.chosen.flatten(), minlength=experts)
        shares = counts.to(self.logits.dtype) / self.chosen.numel()
        return experts * (shares * self.logits.softmax(-1).mean(0)).sum()

    def z_loss(self):
        """Mean over tokens of the squared log-sum-exp of the router logits."""
        return self.logits.logsumexp(-1).square().mean()

    def margin(self):
        """The smallest distance, over tokens, between the last chosen logit and the first one left out."""
        k = self.chosen.shape[1]
        if k == self.logits.shape[1]:
            return math.inf
        ordered = self.logits.sort(-1, descending=True).values
        return (ordered[:, k - 1] - ordered[:, k]).min().item()


class Reference:
    def __init__(self, config, weights):
        self.weights = weights
        c = Config(config)
        self.model_type = c("model_type")
        if self.model_type not in ("llama", "mistral", "mixtral", "deepseek"):
            raise NotImplementedError(f"model_type {self.model_type}")
        c.require("hidden_act", "silu")
        c.require("sliding_window", None)
        c.require("mlp_bias", False)
        self.width, self.vocabulary = c("hidden_size"), c("vocab_size")
        self.layers, self.ffn_width = c("num_hidden_layers"), c("intermediate_size")
        self.heads = c("num_attention_heads")
        self.kv_heads = c("num_key_value_heads", self.heads)
        self.head_width = c("head_dim", self.width // self.heads)
        self.attention_bias = c("attention_bias", False)
        self.eps, self.tied = c("rms_norm_eps"), c("tie_word_embeddings", False)
        self.inverse_frequencies = inverse_frequencies(self.head_width, c("rope_theta", 10000.0), c("rope_scaling"))

        self.mixture_layers, self.shared = set(), 0
        if self.model_type == "mixtral":
            self.mixture_layers = set(range(self.layers))
            self.experts, self.top_k = c("num_local_experts"), c("num_experts_per_tok")
            self.expert_width, self.renormalise = self.ffn_width, True
        elif self.model_type == "deepseek":
            first, every = c("first_k_dense_replace", 0), c("moe_layer_freq", 1)
            self.mixture_layers = {l for l in range(self.layers) if l >= first and l % every == 0}
            self.experts, self.top_k = c("n_routed_experts"), c("num_experts_per_tok")
            self.expert_width, self.shared = c("moe_intermediate_size"), c("n_shared_experts", 0)
            self.renormalise = c("norm_topk_prob", False) and self.top_k > 1
            c.require("scoring_func", "softmax")
        c.require_all_read()

    def shapes(self):
        """Every weight's name and shape, in Hugging Face's names."""
        d, h, g, w = self.width, self.heads, self.kv_heads, self.head_width
        shapes = {"model.embed_tokens.weight": (self.vocabulary, d), "model.norm.weight": (d,)}
        if not self.tied:
            shapes["lm_head.weight"] = (self.vocabulary, d)
        for l in range(self.layers):
            layer = f"model.layers.{l}"
            shapes[f"{layer}.input_layernorm.weight"] = (d,)
            shapes[f"{layer}.post_attention_layernorm.weight"] = (d,)
            for name, rows, columns in (("q", h * w, d), ("k", g * w, d), ("v", g * w, d), ("o", d, h * w)):
                shapes[f"{layer}.self_attn.{name}_proj.weight"] = (rows, columns)
                if self.attention_bias:
                    shapes[f"{layer}.self_attn.{name}_proj.bias"] = (rows,)
            for (gate, up, down), width in self.swiglu_names(l):
                shapes[gate] = shapes[up] = (width, d)
                shapes[down] = (d, width)
            if l in self.mixture_layers:
                shapes[self.router_name(l)] = (self.experts, d)
        return shapes

    def swiglu_names(self, l):
        """((gate, up, down), width) of each feed-forward triple of layer l: the dense one, or experts then shared."""
        if l not in self.mixture_layers:
            return [(self.dense_names(f"model.layers.{l}.mlp"), self.ffn_width)]
        triples = [(self.expert_names(l, e), self.expert_width) for e in range(self.experts)]
        if self.shared:
            shared = self.dense_names(f"model.layers.{l}.mlp.shared_experts")
            triples.append((shared, self.shared * self.expert_width))
        return triples

    @staticmethod
    def dense_names(prefix):
        return tuple(f"{prefix}.{part}_proj.weight" for part in ("gate", "up", "down"))

    def expert_names(self, l, e):
        if self.model_type == "mixtral":
            return tuple(f"model.layers.{l}.block_sparse_moe.experts.{e}.{part}.weight" for part in ("w1", "w3", "w2"))
        return self.dense_names(f"model.layers.{l}.mlp.experts.{e}")

    def router_name(self, l):
        return f"model.layers.{l}.{'block_sparse_moe' if self.model_type == 'mixtral' else 'mlp'}.gate.weight"

    def forward(self, tokens, positions, segments):
        """Logits [T, V] and the routing of each mixture layer by its index."""
        w, routings = self.weights, {}
        x = w["model.embed_tokens.weight"][tokens]
        for l in range(self.layers):
            layer = f"model.layers.{l}"
            normed = self.rms_norm(x, f"{layer}.input_layernorm.weight")
            x = x + self.attention(normed, f"{layer}.self_attn", positions, segments)
            normed = self.rms_norm(x, f"{layer}.post_attention_layernorm.weight")
            if l in self.mixture_layers:
                y, routings[l] = self.mixture(normed, l)
            else:
                y = self.swiglu(normed, self.dense_names(f"{layer}.mlp"))
            x = x + y
        x = self.rms_norm(x, "model.norm.weight")
        return x @ w["model.embed_tokens.weight" if self.tied else "lm_head.weight"].T, routings

    def rms_norm(self, x, name):
        return x / (x.square().mean(-1, keepdim=True) + self.eps).sqrt() * self.weights[name]

    def linear(self, x, name):
        return F.linear(x, self.weights[f"{name}.weight"], self.weights.get(f"{name}.bias"))

    def attention(self, x, prefix, positions, segments):
        count, w = x.shape[0], self.head_width
        q = self.linear(x, f"{prefix}.q_proj").view(count, self.heads, w).transpose(0, 1)
        k = self.linear(x, f"{prefix}.k_proj").view(count, self.kv_heads, w).transpose(0, 1)
        v = self.linear(x, f"{prefix}.v_proj").view(count, self.kv_heads, w).transpose(0, 1)
        angles = positions[:, None].to(x.dtype) * self.inverse_frequencies.to(x.dtype)
        q, k = rotate(q, angles), rotate(k, angles)
        sharing = self.heads // self.kv_heads
        k, v = k.repeat_interleave(sharing, 0), v.repeat_interleave(sharing, 0)
        order = torch.arange(count)
        visible = (order[:, None] >= order) & (segments[:, None] == segments)
        scores = (q @ k.transpose(1, 2) / math.sqrt(w)).masked_fill(~visible, -math.inf)
        mixed = scores.softmax(-1) @ v
        return self.linear(mixed.transpose(0, 1).reshape(count, self.heads * w), f"{prefix}.o_proj")

    def swiglu(self, x, names):
        gate, up, down = (self.weights[name] for name in names)
        return (F.silu(x @ gate.T) * (x @ up.T)) @ down.T

    def mixture(self, x, l):
        logits = x @ self.weights[self.router_name(l)].T
        weights, chosen = logits.softmax(-1).topk(self.top_k, -1)
        if self.renormalise:
            weights = weights / weights.sum(-1, keepdim=True)
        y = torch.zeros_like(x)
        for e in range(self.experts):
            rows, slots = (chosen == e).nonzero(as_tuple=True)
            out = self.swiglu(x[rows], self.expert_names(l, e))
            y = y.index_add(0, rows, out * weights[rows, slots, None])
        if self.shared:
            y = y + self.swiglu(x, self.dense_names(f"model.layers.{l}.mlp.shared_experts"))
        return y, Routing(logits, chosen, weights)


def inverse_frequencies(head_width, theta, scaling):
    """Rotary angle per position of each of the head_width / 2 pairs, in float64, after `rope_scaling`."""
    plain = theta ** -(torch.arange(0, head_width, 2, dtype=torch.float64) / head_width)
    kind = "default" if scaling is None else scaling.get("rope_type", scaling.get("type"))
    if kind == "default":
        return plain
    if kind == "linear":
        return plain / scaling["factor"]
    if kind != "llama3":
        raise NotImplementedError(f"rope_scaling {kind}")
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    turns = scaling["original_max_position_embeddings"] * plain / (2 * math.pi)
    keep = ((turns - low) / (high - low)).clamp(0, 1)
    return keep * plain + (1 - keep) * plain / scaling["factor"]


def rotate(x, angles):
    """Half-split rotary embedding: pair i is (x[i], x[i + w/2]); x [H, T, w], angles [T, w/2]."""
    a, b = x.chunk(2, -1)
    return torch.cat([a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin()], -1)


def cross_entropy(logits, targets):
    """Mean over the targets that are not -1."""
    return F.cross_entropy(logits, targets, ignore_index=-1)


STORY_PROMPT = "Once upon a time, there was a little girl named"
STORY = (" Lily. She loved to play outside in the sunshine. One day, she saw a big, red ball in the sky. "
         "It was the sun! She thought it was so pretty.\n"
         "Lily wanted to play with the ball, but it was too high up in the sky.")


def check_stories(folder):
    """The greedy continuation of STORY_PROMPT by the public stories15M checkpoint is STORY, to the letter."""
    import sentencepiece

    tokenizer = sentencepiece.SentencePieceProcessor(model_file=os.path.join(folder, "tokenizer.model"))
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        model = Reference(json.load(file), tensor_file.load(os.path.join(folder, "model.safetensors")))
    assert {name: tuple(t.shape) for name, t in model.weights.items()} == model.shapes()
    tokens = [tokenizer.bos_id()] + tokenizer.encode(STORY_PROMPT)
    with torch.no_grad():
        while len(text := tokenizer.decode(tokens)) < len(STORY_PROMPT + STORY):
            count = torch.arange(len(tokens))
            tokens.append(model.forward(torch.tensor(tokens), count, torch.zeros_like(count))[0][-1].argmax().item())
    assert text == STORY_PROMPT + STORY, text
    print(text)


def check_identities():
    """A dense SwiGLU cut along its width equals a mixture of the pieces, each weighed alike and scaled back."""
    torch.manual_seed(1)
    dense_config = {
        "model_type": "llama", "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "vocab_size": 48,
        "num_attention_heads": 4, "num_key_value_heads": 2, "rms_norm_eps": 1e-5,
    }
    dense = Reference(dense_config, {})
    dense.weights = {n: torch.randn(s, dtype=torch.float64) / math.sqrt(s[-1]) for n, s in dense.shapes().items()}
    tokens, positions = torch.randint(48, (12,)), torch.arange(12)
    expected, _ = dense.forward(tokens, positions, torch.zeros_like(positions))

    pieces = {"model_type": "mixtral", "intermediate_size": 16, "num_local_experts": 4, "num_experts_per_tok": 4}
    copies = {"model_type": "mixtral", "num_local_experts": 4, "num_experts_per_tok": 2}
    shared = {"model_type": "deepseek", "moe_intermediate_size": 16, "n_shared_experts": 2, "n_routed_experts": 2,
              "num_experts_per_tok": 2, "norm_topk_prob": False, "first_k_dense_replace": 1}
    for label, changes in (("pieces", pieces), ("copies", copies), ("shared", shared)):
        mixture = Reference({**dense_config, **changes}, dict(dense.weights))
        for l in mixture.mixture_layers:
            whole = mixture.dense_names(f"model.layers.{l}.mlp")
            start = 0
            for names, width in mixture.swiglu_names(l):
                rows = slice(None) if label == "copies" else slice(start, start + width)
                routed = "experts" in names[0] and "shared" not in names[0]
                scale = mixture.experts if routed and label != "copies" else 1
                for name, source in zip(names, [dense.weights[n] for n in whole]):
                    mixture.weights[name] = source[rows] if source.shape[0] == 64 else source[:, rows] * scale
                start += width
            router = torch.randn(mixture.experts, 32, dtype=torch.float64)
            mixture.weights[mixture.router_name(l)] = router if label == "copies" else torch.zeros_like(router)
        actual, _ = mixture.forward(tokens, positions, torch.zeros_like(positions))
        error = ((actual - expected).norm() / expected.norm()).item()
        print(f"{label}: {error:.1e}")
        assert error < 1e-12


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check-stories", metavar="FOLDER", help="a folder with config, weights and tokenizer.model")
    parser.add_argument("--check-identities", action="store_true")
    options = parser.parse_args()
    if options.check_identities:
        check_identities()
    if options.check_stories:
        check_stories(options.check_stories)

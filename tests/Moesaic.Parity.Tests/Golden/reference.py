"""Decoders as Hugging Face and their authors define them: the outside opinion of the parity tests.

Written for reading, not for speed, and sharing nothing with Moesaic. What a family's config.json means is in families.py.
Tokens come as one packed row of T positions with a segment id each; a token sees itself and the earlier tokens of its
own segment. Weights are a dictionary under their Hugging Face names; arithmetic is done in the type the weights have.

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

import families
import tensor_file

LATENT_EPSILON = 1e-6       # DeepSeek's norms of latents keep the default of their class, whatever rms_norm_eps says


@dataclass
class Routing:
    """What one mixture layer decided for T tokens. Chosen experts stand in the order of falling selection score."""

    logits: torch.Tensor            # [T, E]
    probabilities: torch.Tensor     # [T, E] affinities, summing to 1
    chosen: torch.Tensor            # [T, K]
    weights: torch.Tensor           # [T, K]
    margin: float                   # the smallest distance, over tokens, between the last kept and the first left out

    def load_balance(self):
        """E * sum_e f_e P_e: f = share of the T*K choices (a count, no gradient), P = mean probability."""
        experts = self.logits.shape[1]
        counts = torch.bincount(self.chosen.flatten(), minlength=experts)
        shares = counts.to(self.logits.dtype) / self.chosen.numel()
        return experts * (shares * self.probabilities.mean(0)).sum()

    def z_loss(self):
        """Mean over tokens of the squared log-sum-exp of the router logits."""
        return self.logits.logsumexp(-1).square().mean()


def margin(scores, kept):
    """The smallest distance between the last kept and the first left out along the last dimension."""
    if kept == scores.shape[-1]:
        return math.inf
    ordered = scores.sort(-1, descending=True).values
    return (ordered[..., kept - 1] - ordered[..., kept]).min().item()


class Reference:
    def __init__(self, config, weights):
        self.weights, self.model_type = weights, config["model_type"]
        self.s = s = families.read(config)
        rotary_width = s.latent.rotary if s.latent else s.head_width
        self.inverse_frequencies, self.rotary_gain = rotary(rotary_width, s.theta, s.scaling)
        self.tied, self.experts, self.mixture_layers = s.tied, s.experts, s.mixture_layers
        self.attention_routings = []        # of the last pass, by layer, where attention has experts

    def shapes(self):
        """Every weight's name and shape, in Hugging Face's names."""
        s, d = self.s, self.s.width
        shapes = {"model.embed_tokens.weight": (s.vocabulary, d), "model.norm.weight": (d,)}
        if not s.tied:
            shapes["lm_head.weight"] = (s.vocabulary, d)
        for l in range(s.layers):
            layer = f"model.layers.{l}"
            shapes[f"{layer}.input_layernorm.weight"] = (d,)
            shapes[f"{layer}.post_attention_layernorm.weight"] = (d,)
            attention = (self.latent_shapes() if s.latent else self.attention_expert_shapes() if s.attention_experts
                         else self.attention_shapes())
            shapes.update({f"{layer}.self_attn.{name}": shape for name, shape in attention.items()})
            if s.clamped:
                shapes.update(self.clamped_shapes(f"{layer}.mlp"))
                continue
            for (gate, up, down), width in self.swiglu_names(l):
                shapes[gate] = shapes[up] = (width, d)
                shapes[down] = (d, width)
            if l in s.mixture_layers:
                router = self.router_name(l)
                shapes.update({name: (s.experts, columns) for name, columns in zip(self.score_names(l), (d, s.experts))})
                if s.noise:
                    shapes[f"{self.gate_name(l)}.weight_noise.weight"] = (s.experts, d)
                if s.residual:
                    shapes[f"{layer}.mlp.residual_block.gate.gate_network.weight"] = (1, d)
                if s.correction:
                    shapes[f"{router}.e_score_correction_bias"] = (s.experts,)
                if s.shared_gate:
                    shapes[f"{layer}.mlp.shared_expert_gate.weight"] = (1, d)
        return shapes

    def clamped_shapes(self, layer):
        s, d, f = self.s, self.s.width, self.s.expert_width
        return {f"{layer}.router.weight": (s.experts, d), f"{layer}.router.bias": (s.experts,),
                f"{layer}.experts.gate_up_proj": (s.experts, d, 2 * f), f"{layer}.experts.gate_up_proj_bias": (s.experts, 2 * f),
                f"{layer}.experts.down_proj": (s.experts, f, d), f"{layer}.experts.down_proj_bias": (s.experts, d)}

    def attention_shapes(self):
        s, d, w = self.s, self.s.width, self.s.head_width
        shapes = {}
        for name, rows, columns in (("q", s.heads * w, d), ("k", s.kv_heads * w, d), ("v", s.kv_heads * w, d),
                                    ("o", d, s.heads * w)):
            shapes[f"{name}_proj.weight"] = (rows, columns)
            if name in s.biased:
                shapes[f"{name}_proj.bias"] = (rows,)
        if s.sinks:
            shapes["sinks"] = (s.heads,)
        if s.head_norm:
            shapes["q_norm.weight"] = (w if s.head_norm == "head" else s.heads * w,)
            shapes["k_norm.weight"] = (w if s.head_norm == "head" else s.kv_heads * w,)
        return shapes

    def attention_expert_shapes(self):
        s, d, w = self.s, self.s.width, self.s.head_width
        experts = s.attention_experts[0]
        queries = s.heads // experts * w
        shapes = {"gate.weight": (experts, d)}
        for a in range(experts):
            shapes.update({f"q_proj.{a}.weight": (queries, d), f"k_proj.{a}.weight": (w, d), f"v_proj.{a}.weight": (w, d),
                           f"o_proj.{a}.weight": (d, queries)})
        return shapes

    def latent_shapes(self):
        s, d, a = self.s, self.s.width, self.s.latent
        shapes = {"kv_a_proj_with_mqa.weight": (a.rank + a.rotary, d), "kv_a_layernorm.weight": (a.rank,),
                  "kv_b_proj.weight": (s.heads * (a.plain + a.value), a.rank), "o_proj.weight": (d, s.heads * a.value)}
        if a.query_rank:
            shapes.update({"q_a_proj.weight": (a.query_rank, d), "q_a_layernorm.weight": (a.query_rank,),
                           "q_b_proj.weight": (s.heads * s.head_width, a.query_rank)})
        else:
            shapes["q_proj.weight"] = (s.heads * s.head_width, d)
        return shapes

    def swiglu_names(self, l):
        """((gate, up, down), width) of each feed-forward triple of layer l: the dense one, or experts then shared."""
        s = self.s
        if l not in s.mixture_layers:
            return [(self.feed_forward_names(l), s.ffn_width)]
        widths = s.expert_widths[l] if s.expert_widths else [s.expert_width] * s.experts
        triples = [(self.expert_names(l, e), widths[e]) for e in range(s.experts)]
        if s.shared_width:
            triples.append((self.shared_names(l), s.shared_width))
        return triples

    @staticmethod
    def dense_names(prefix):
        return tuple(f"{prefix}.{part}_proj.weight" for part in ("gate", "up", "down"))

    @staticmethod
    def numbered_names(prefix):
        return tuple(f"{prefix}.{part}.weight" for part in ("w1", "w3", "w2"))

    def feed_forward_names(self, l):
        if self.s.version == 2:
            return self.numbered_names(f"model.layers.{l}.block_sparse_moe")
        return self.dense_names(f"model.layers.{l}.mlp")

    def expert_names(self, l, e):
        if self.s.version == 1:
            return self.calculator_names(f"model.layers.{l}.mlp{'.moe_layer' if self.s.residual else ''}", e)
        if self.model_type == "mixtral":
            return self.numbered_names(f"model.layers.{l}.block_sparse_moe.experts.{e}")
        return self.dense_names(f"model.layers.{l}.mlp.experts.{e}")

    @staticmethod
    def calculator_names(prefix, e):
        return tuple(f"{prefix}.calculator.experts.weight_{part}.{e}" for part in ("gate", "up", "down"))

    def shared_names(self, l):
        if self.s.residual:
            return self.calculator_names(f"model.layers.{l}.mlp.residual_block", 0)
        if self.s.version == 2:
            return self.numbered_names(f"model.layers.{l}.mlp_residual")
        number = "" if self.s.shared_gate else "s"
        return self.dense_names(f"model.layers.{l}.mlp.shared_expert{number}")

    def gate_name(self, l):
        return f"model.layers.{l}.mlp{'.moe_layer' if self.s.residual else ''}.gate"

    def score_names(self, l):
        """The router's matrices: one, or two with a tanh between them."""
        name = self.router_name(l)
        return [f"{name}.0.weight", f"{name}.2.weight"] if self.s.two_layers else [f"{name}.weight"]

    def router_name(self, l):
        if self.s.version == 1:
            return f"{self.gate_name(l)}.gate_network"
        if self.s.clamped:
            return f"model.layers.{l}.mlp.router"
        return f"model.layers.{l}.{'block_sparse_moe' if self.model_type == 'mixtral' else 'mlp'}.gate"

    def forward(self, tokens, positions, segments):
        """Logits [T, V] and the routing of each mixture layer by its index."""
        w, routings, self.attention_routings = self.weights, {}, []
        x = w["model.embed_tokens.weight"][tokens]
        for l in range(self.s.layers):
            layer = f"model.layers.{l}"
            normed = self.rms_norm(x, f"{layer}.input_layernorm")
            attention = (self.latent_attention if self.s.latent else self.expert_attention if self.s.attention_experts
                         else self.attention)
            x = x + attention(normed, f"{layer}.self_attn", positions, segments, self.s.windows[l])
            normed = self.rms_norm(x, f"{layer}.post_attention_layernorm")
            if l in self.s.mixture_layers:
                y, routings[l] = self.mixture(normed, l)
            else:
                y = self.swiglu(normed, self.feed_forward_names(l))
            x = x + y
        x = self.rms_norm(x, "model.norm")
        return x @ w["model.embed_tokens.weight" if self.s.tied else "lm_head.weight"].T, routings

    def rms_norm(self, x, name, epsilon=None):
        epsilon = self.s.eps if epsilon is None else epsilon
        return x / (x.square().mean(-1, keepdim=True) + epsilon).sqrt() * self.weights[f"{name}.weight"]

    def linear(self, x, name):
        return F.linear(x, self.weights[f"{name}.weight"], self.weights.get(f"{name}.bias"))

    def attention(self, x, prefix, positions, segments, window):
        s, count, w = self.s, x.shape[0], self.s.head_width
        q, k, v = (self.linear(x, f"{prefix}.{name}_proj") for name in "qkv")
        if s.head_norm == "projection":
            q, k = self.rms_norm(q, f"{prefix}.q_norm"), self.rms_norm(k, f"{prefix}.k_norm")
        q, k, v = (part.view(count, -1, w) for part in (q, k, v))
        if s.head_norm == "head":
            q, k = self.rms_norm(q, f"{prefix}.q_norm"), self.rms_norm(k, f"{prefix}.k_norm")
        q, k, v = (part.transpose(0, 1) for part in (q, k, v))
        q, k = self.rotate(q, positions), self.rotate(k, positions)
        sharing = s.heads // s.kv_heads
        mixed = self.attend(q, k.repeat_interleave(sharing, 0), v.repeat_interleave(sharing, 0), segments, window,
                            self.weights.get(f"{prefix}.sinks"))
        return self.linear(mixed, f"{prefix}.o_proj")

    def latent_attention(self, x, prefix, positions, segments, window):
        """DeepSeek-V2, equations 37 to 47: keys and values of all heads are made from one narrow latent per token."""
        s, a, count = self.s, self.s.latent, x.shape[0]
        if a.query_rank:
            latent = self.rms_norm(self.linear(x, f"{prefix}.q_a_proj"), f"{prefix}.q_a_layernorm", LATENT_EPSILON)
            q = self.linear(latent, f"{prefix}.q_b_proj")
        else:
            q = self.linear(x, f"{prefix}.q_proj")
        q_plain, q_rotary = q.view(count, s.heads, s.head_width).transpose(0, 1).split([a.plain, a.rotary], -1)
        latent, k_rotary = self.linear(x, f"{prefix}.kv_a_proj_with_mqa").split([a.rank, a.rotary], -1)
        kv = self.linear(self.rms_norm(latent, f"{prefix}.kv_a_layernorm", LATENT_EPSILON), f"{prefix}.kv_b_proj")
        k_plain, v = kv.view(count, s.heads, a.plain + a.value).transpose(0, 1).split([a.plain, a.value], -1)
        q_rotary = self.rotate(q_rotary, positions, neighbours=True)
        k_rotary = self.rotate(k_rotary[None], positions, neighbours=True).expand(s.heads, -1, -1)
        mixed = self.attend(torch.cat([q_plain, q_rotary], -1), torch.cat([k_plain, k_rotary], -1), v, segments, window)
        return self.linear(mixed, f"{prefix}.o_proj")

    def expert_attention(self, x, prefix, positions, segments, window):
        """Groups of heads as experts: all of one's tokens, and they alone, make its queries, keys and values; positions stay."""
        s, w = self.s, self.s.head_width
        experts, chosen, scale = s.attention_experts
        logits = self.linear(x, f"{prefix}.gate")
        best = logits.detach().topk(chosen, -1).indices
        probabilities = logits.softmax(-1)
        weights = probabilities.gather(1, best)
        weights = scale * weights / weights.sum(-1, keepdim=True)
        self.attention_routings.append(Routing(logits, probabilities, best, weights, margin(logits.detach(), chosen)))
        y = torch.zeros_like(x)
        for a in range(experts):
            rows, slots = (best == a).nonzero(as_tuple=True)
            order = rows.argsort()
            rows, slots = rows[order], slots[order]
            q, k, v = (self.linear(x[rows], f"{prefix}.{name}_proj.{a}").view(len(rows), -1, w).transpose(0, 1) for name in "qkv")
            q, k = self.rotate(q, positions[rows]), self.rotate(k, positions[rows])
            mixed = self.attend(q, k.expand_as(q), v.expand_as(q), segments[rows], window)
            y = y.index_add(0, rows, self.linear(mixed, f"{prefix}.o_proj.{a}") * weights[rows, slots, None])
        return y

    def attend(self, q, k, v, segments, window, sinks=None):
        """Causal attention within segments, with a window over the last so many tokens; q, k [H, T, w], v [H, T, u]; gives [T, H u]."""
        order = torch.arange(q.shape[1])
        visible = (order[:, None] >= order) & (segments[:, None] == segments)
        if window is not None:
            visible &= order[:, None] - order < window
        scores = (q @ k.transpose(1, 2) * self.s.score_scale).masked_fill(~visible, -math.inf)
        if sinks is not None:
            scores = torch.cat([scores, sinks[:, None, None].expand(-1, scores.shape[1], 1)], -1)
        return (scores.softmax(-1)[..., :k.shape[1]] @ v).transpose(0, 1).flatten(1)

    def rotate(self, x, positions, neighbours=False):
        """Rotary embedding of x [H, T, w]. Pair i is (x[i], x[i + w/2]), with `neighbours` (x[2i], x[2i + 1])."""
        angles = positions[:, None].to(x.dtype) * self.inverse_frequencies.to(x.dtype)
        cos, sin = angles.cos() * self.rotary_gain, angles.sin() * self.rotary_gain
        a, b = (x[..., 0::2], x[..., 1::2]) if neighbours else x.chunk(2, -1)
        turned = a * cos - b * sin, b * cos + a * sin
        return torch.stack(turned, -1).flatten(-2) if neighbours else torch.cat(turned, -1)

    def swiglu(self, x, names):
        gate, up, down = (self.weights[name] for name in names)
        return (F.silu(x @ gate.T) * (x @ up.T)) @ down.T

    def clamped_swiglu(self, x, l, e):
        """An expert of gpt-oss: gates and ups take turns in one matrix, and both are cut off at a limit."""
        limit, slope = self.s.clamped
        both, both_bias, down, down_bias = (
            self.weights[f"model.layers.{l}.mlp.experts.{name}"][e]
            for name in ("gate_up_proj", "gate_up_proj_bias", "down_proj", "down_proj_bias"))
        projected = x @ both + both_bias
        gate, up = projected[:, 0::2].clamp(max=limit), projected[:, 1::2].clamp(-limit, limit)
        return (gate * (slope * gate).sigmoid() * (up + 1)) @ down + down_bias

    def mixture(self, x, l):
        routing = self.route(x, l)
        y = torch.zeros_like(x)
        for e in range(self.s.experts):
            rows, slots = (routing.chosen == e).nonzero(as_tuple=True)
            out = self.clamped_swiglu(x[rows], l, e) if self.s.clamped else self.swiglu(x[rows], self.expert_names(l, e))
            y = y.index_add(0, rows, out * routing.weights[rows, slots, None])
        if self.s.shared_width:
            shared = self.swiglu(x, self.shared_names(l))
            if self.s.shared_gate:
                shared = shared * (x @ self.weights[f"model.layers.{l}.mlp.shared_expert_gate.weight"].T).sigmoid()
            y = y + shared
        return y, routing

    def route(self, x, l):
        s, name = self.s, self.router_name(l)
        if s.two_layers:
            first, second = (self.weights[matrix] for matrix in self.score_names(l))
            logits = (x @ first.T).tanh() @ second.T
        else:
            logits = self.linear(x, name)
        affinities = logits.sigmoid() if s.affinity == "sigmoid" else logits.softmax(-1)
        # Selection decides by score, and the order of softmax is that of the logits, whose distances say more.
        scores = logits if s.affinity == "softmax" and not s.groups else affinities
        if s.correction:
            scores = scores + self.weights[f"{name}.e_score_correction_bias"]
        scores, smallest = scores.detach(), math.inf
        if s.groups:
            count, kept, best = s.groups
            by_group = scores.view(len(x), count, -1)
            group_scores = by_group.topk(best, -1).values.sum(-1)
            smallest = margin(group_scores, kept)
            out = torch.ones_like(group_scores, dtype=torch.bool).scatter(1, group_scores.topk(kept, -1).indices, False)
            scores = by_group.masked_fill(out[..., None], -math.inf).flatten(1)
        chosen = scores.topk(s.top_k, -1).indices
        weights = affinities.gather(1, chosen)
        if s.renormalise:
            weights = weights / weights.sum(-1, keepdim=True)
        scale = s.layer_scales[l] if s.layer_scales else s.routed_scale
        return Routing(logits, affinities / affinities.sum(-1, keepdim=True), chosen, weights * scale,
                       min(smallest, margin(scores, s.top_k)))


def rotary(width, theta, scaling):
    """Angle per position of each of the width / 2 pairs, in float64, and the factor on cosine and sine."""
    plain = theta ** -(torch.arange(0, width, 2, dtype=torch.float64) / width)
    kind = "default" if scaling is None else scaling.get("rope_type", scaling.get("type"))
    if kind == "default":
        return plain, 1.0
    if kind == "linear":
        return plain / scaling["factor"], 1.0
    context = scaling["original_max_position_embeddings"]
    if kind == "llama3":
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        keep = ((context * plain / (2 * math.pi) - low) / (high - low)).clamp(0, 1)
        return keep * plain + (1 - keep) * plain / scaling["factor"], 1.0
    if kind != "yarn":
        raise NotImplementedError(f"rope_scaling {kind}")

    def pair_that_turns(turns):     # the (fractional) index of the pair that turns so often within the context
        return width * math.log(context / (turns * 2 * math.pi)) / (2 * math.log(theta))

    first, last = pair_that_turns(scaling.get("beta_fast", 32)), pair_that_turns(scaling.get("beta_slow", 1))
    if scaling.get("truncate", True):
        first, last = math.floor(first), math.ceil(last)
    first, last = max(first, 0), min(last, width - 1)
    ramp = ((torch.arange(width // 2, dtype=torch.float64) - first) / (last - first or 0.001)).clamp(0, 1)
    factor = scaling["factor"]
    if scaling.get("mscale") and scaling.get("mscale_all_dim"):
        gain = families.stretch(factor, scaling["mscale"]) / families.stretch(factor, scaling["mscale_all_dim"])
    else:
        gain = families.stretch(factor)
    return ramp * plain / factor + (1 - ramp) * plain, scaling.get("attention_factor", gain)


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
            name = f"{mixture.router_name(l)}.weight"
            mixture.weights[name] = router if label == "copies" else torch.zeros_like(router)
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

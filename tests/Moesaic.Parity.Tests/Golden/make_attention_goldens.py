"""Writes the golden cases of attention experts, one tiny folder each in attention-experts, or checks the ones that are there.

    python3 make_attention_goldens.py          writes <case>/config.json, model.safetensors and golden.safetensors
    python3 make_attention_goldens.py --check  recomputes the goldens from the stored weights and compares

The mathematics is that of LLaMA-MoE v2's attention mixture, with masks in place of compacted sequences: expert a has
key/value head a and the query heads that read it; a token that chose it attends, at the original positions, to the earlier
tokens of its segment (keys "all") or to those of them that chose a too (keys "routed"), besides the first token of the
segment where it is kept. With keys "shared" (MoA, Zhang et al. 2022) an expert has query heads and an output projection
alone; the key/value heads are those of the layer, and the query heads of every expert read them in groups. golden.safetensors is as in make_goldens.py; the routings are those of attention.
"""

import argparse
import json
import math
import os
import platform

import torch
import torch.nn.functional as F

import tensor_file
from make_goldens import BALANCE, FLOAT32_ERROR, MARGIN, SIZE_LIMIT, Z, random_row, random_weights, relative_error
from reference import Reference, Routing, cross_entropy, margin

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "attention-experts")

DENSE = {
    "model_type": "llama", "hidden_size": 24, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 8,
    "num_key_value_heads": 4, "head_dim": 6, "vocab_size": 40, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0, "tie_word_embeddings": True,
}
EXPERTS = 4
# Case -> chosen, keys, keep_first, combine weight, scale, lengths of the packed segments.
CASES = {
    "all-keys": (2, "all", False, "renormalised", 2.0, [14, 1, 9]),
    "routed-keys": (2, "routed", False, "renormalised", 2.5, [14, 1, 9]),
    "routed-keys-first-kept": (1, "routed", True, "raw", 4.0, [11, 13]),
    "shared-keys": (2, "shared", False, "raw", 2.0, [14, 1, 9]),
    "shared-keys-one-head": (3, "shared", False, "renormalised", 1.0, [11, 13]),
}
# With shared keys, key/value heads of the layer and query heads of each expert; elsewhere each expert has one of the former.
SHARED = {
    "shared-keys": (2, 4),
    "shared-keys-one-head": (1, 2),
}


class Experts(Reference):
    def __init__(self, case, weights):
        super().__init__(heads_of(case), weights)
        self.chosen, self.keys, self.keep_first, self.weight, self.scale, _ = CASES[case]
        self.routings = {}

    def attention_shapes(self):
        s, d, w = self.s, self.s.width, self.s.head_width
        width = s.heads // EXPERTS * w
        shapes = {"gate.weight": (EXPERTS, d)}
        if self.keys != "routed":
            shapes |= {"k_proj.weight": (s.kv_heads * w, d), "v_proj.weight": (s.kv_heads * w, d)}
        for a in range(EXPERTS):
            shapes |= {f"experts.{a}.q_proj.weight": (width, d), f"experts.{a}.o_proj.weight": (d, width)}
            if self.keys == "routed":
                shapes |= {f"experts.{a}.k_proj.weight": (w, d), f"experts.{a}.v_proj.weight": (w, d)}
        return shapes

    def attention(self, x, prefix, positions, segments, window):
        assert not window
        s, w, count = self.s, self.s.head_width, len(x)
        routing = self.routings[int(prefix.split(".")[2])] = self.route_attention(x, f"{prefix}.gate.weight")
        order = torch.arange(count)
        causal = (order[:, None] >= order) & (segments[:, None] == segments)
        first = torch.cat([torch.tensor([True]), segments[1:] != segments[:-1]])
        y = torch.zeros_like(x)
        for a in range(EXPERTS):
            rows, slots = (routing.chosen == a).nonzero(as_tuple=True)
            q = F.linear(x, self.weights[f"{prefix}.experts.{a}.q_proj.weight"]).view(count, -1, w).transpose(0, 1)
            if self.keys == "shared":
                k, v = (self.weights[f"{prefix}.{name}_proj.weight"] for name in "kv")
            elif self.keys == "all":
                k, v = (self.weights[f"{prefix}.{name}_proj.weight"][a * w:(a + 1) * w] for name in "kv")
            else:
                k, v = (self.weights[f"{prefix}.experts.{a}.{name}_proj.weight"] for name in "kv")
            q, k = self.rotate(q, positions), self.rotate(F.linear(x, k).view(count, -1, w).transpose(0, 1), positions)
            v = F.linear(x, v).view(count, -1, w).transpose(0, 1)
            k, v = (part.repeat_interleave(len(q) // len(part), 0) for part in (k, v))
            here = torch.zeros(count, dtype=torch.bool).index_fill(0, rows, True)
            keys = here | first & torch.tensor(self.keep_first) if self.keys == "routed" else torch.ones_like(here)
            scores = (q[:, rows] @ k.transpose(1, 2) / math.sqrt(w)).masked_fill(~(causal & keys)[rows], -math.inf)
            mixed = (scores.softmax(-1) @ v).transpose(0, 1).flatten(1)
            out = F.linear(mixed, self.weights[f"{prefix}.experts.{a}.o_proj.weight"])
            y = y.index_add(0, rows, out * routing.weights[rows, slots, None])
        return y

    def route_attention(self, x, gate):
        logits = x @ self.weights[gate].T
        probabilities = logits.softmax(-1)
        chosen = logits.detach().topk(self.chosen, -1).indices
        weights = probabilities.gather(1, chosen)
        if self.weight == "renormalised":
            weights = weights / weights.sum(-1, keepdim=True)
        return Routing(logits, probabilities, chosen, weights * self.scale, margin(logits.detach(), self.chosen))


def heads_of(case):
    key_heads, of_expert = SHARED.get(case, (EXPERTS, DENSE["num_attention_heads"] // EXPERTS))
    return {**DENSE, "num_key_value_heads": key_heads, "num_attention_heads": EXPERTS * of_expert}


def config_of(case):
    chosen, keys, keep_first, weight, scale, _ = CASES[case]
    experts = {"count": EXPERTS, "num_experts_per_tok": chosen, "affinity": "softmax_before_selection",
               "combine_weight": weight, "scale": scale, "keys": keys}
    if keep_first:
        experts["keep_first"] = True
    dense = heads_of(case)
    attention = {name: dense[name] for name in ("num_attention_heads", "num_key_value_heads", "head_dim")}
    layer = {"width": DENSE["intermediate_size"], "attention": {**attention, "attention_bias": False, "experts": experts}}
    config = {name: value for name, value in dense.items() if name != "intermediate_size"}
    return {**config, "model_type": "moesaic", "hidden_act": "silu", "torch_dtype": "float32",
            "layers": [layer] * DENSE["num_hidden_layers"]}


def compute(case, weights, row, dtype):
    leaves = {name: tensor.to(dtype).requires_grad_() for name, tensor in weights.items()}
    model = Experts(case, leaves)
    logits, _ = model.forward(row["tokens"], row["positions"], row["segments"])
    plain = cross_entropy(logits, row["targets"])
    balanced = plain + sum(BALANCE * r.load_balance() + Z * r.z_loss() for r in model.routings.values())
    golden = {"logits": logits, "loss_plain": plain, "loss_with_aux": balanced}
    for prefix, loss in (("grad", plain), ("grad_with_aux", balanced)):
        gradients = torch.autograd.grad(loss, list(leaves.values()), retain_graph=True)
        golden |= {f"{prefix}.{name}": gradient for name, gradient in zip(leaves, gradients)}
    for layer, routing in model.routings.items():
        golden[f"chosen.{layer}"], golden[f"weights.{layer}"] = routing.chosen.int(), routing.weights
    return golden, min(r.margin for r in model.routings.values())


def write(case):
    for seed in range(1000):
        generator = torch.Generator().manual_seed(seed)
        weights = random_weights(Experts(case, {}), generator)
        row = random_row(DENSE["vocab_size"], CASES[case][-1], generator)
        golden, smallest = compute(case, weights, row, torch.float64)
        if smallest > MARGIN:
            break
    else:
        raise RuntimeError(f"{case}: no seed gives a decided routing")
    folder = os.path.join(HERE, case)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(config_of(case), indent=2) + "\n")
    origin = {"made_by": "make_attention_goldens.py", "seed": str(seed), "python": platform.python_version(),
              "torch": torch.__version__, "precision": "float64 rounded to float32"}
    tensor_file.save(os.path.join(folder, "model.safetensors"), weights, {"format": "pt", **origin})
    golden.update({name: tensor.int() for name, tensor in row.items()})
    tensor_file.save(os.path.join(folder, "golden.safetensors"), golden, origin)
    size = sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder))
    assert size < SIZE_LIMIT, (case, size)


def check(case):
    folder = os.path.join(HERE, case)
    weights = tensor_file.load(os.path.join(folder, "model.safetensors"))
    stored = tensor_file.load(os.path.join(folder, "golden.safetensors"))
    row = {name: stored.pop(name).long() for name in ("tokens", "targets", "positions", "segments")}
    for dtype, limit in ((torch.float64, 1e-7), (torch.float32, FLOAT32_ERROR)):
        golden, _ = compute(case, weights, row, dtype)
        assert golden.keys() == stored.keys()
        errors = {name: relative_error(golden[name], stored[name]) for name in stored}
        name = max(errors, key=errors.get)
        assert errors[name] < limit, (case, dtype, name, errors[name])
        print(f"{case:24} {str(dtype):14} {errors[name]:.1e} ({name})")
    # Reading the keys otherwise, or forgetting the first token, must show.
    kept = CASES[case]
    for keys, keep_first in {("all", False), ("routed", False), ("routed", True)} - {kept[1:3]}:
        if kept[1] == "routed" == keys:
            CASES[case] = (kept[0], keys, keep_first, *kept[3:])
            assert relative_error(compute(case, weights, row, torch.float64)[0]["logits"], stored["logits"]) > 1e-3
    CASES[case] = kept


def check_identity():
    """With all experts chosen, zero routers and their number as scale, all modes are grouped-query attention."""
    tokens, positions, segments = torch.randint(40, (12,)), torch.arange(12), torch.zeros(12, dtype=torch.long)
    for case, kept in list(CASES.items()):
        torch.manual_seed(1)
        dense = Reference(heads_of(case), {})
        dense.weights = {n: torch.randn(s, dtype=torch.float64) / math.sqrt(s[-1]) for n, s in dense.shapes().items()}
        expected, _ = dense.forward(tokens, positions, segments)
        CASES[case] = (EXPERTS, kept[1], kept[2], "renormalised", float(EXPERTS), kept[-1])
        cut = Experts(case, dict(dense.weights))
        for name, shape in cut.shapes().items():
            if name.endswith(".self_attn.gate.weight"):
                cut.weights[name] = torch.zeros(shape, dtype=torch.float64)
            elif ".experts." in name:
                head, _, tail = name.partition(".experts.")
                a, kind = int(tail.split(".")[0]), tail.split(".", 1)[1]
                whole = dense.weights[f"{head}.{kind}"]
                size = shape[1] if kind.startswith("o") else shape[0]
                # Head by head, those of one key/value head after those of another.
                w, keys = dense.s.head_width, dense.s.kv_heads if kept[1] == "shared" else 1
                part = torch.arange(EXPERTS * size).view(keys, EXPERTS, -1, w)[:, a].flatten()
                cut.weights[name] = whole[:, part] if kind.startswith("o") else whole[part]
        error = relative_error(cut.forward(tokens, positions, segments)[0], expected)
        print(f"{case:24} identity {error:.1e}")
        assert error < 1e-12
        CASES[case] = kept


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare the stored goldens, write nothing")
    options = parser.parse_args()
    torch.set_num_threads(1)
    check_identity()
    for name in CASES:
        if not options.check:
            write(name)
        check(name)

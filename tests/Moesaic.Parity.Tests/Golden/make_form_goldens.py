"""Writes the golden cases of the forms of feed-forwards, one tiny folder each in forms, or checks the ones that are there.

    python3 make_form_goldens.py          writes <case>/config.json, model.safetensors and golden.safetensors
    python3 make_form_goldens.py --check  recomputes the goldens from the stored weights and compares

Layer 0 is dense, layer 1 a mixture; both have the activation of the case. golden.safetensors is as in make_goldens.py.
A mixed shared expert is that of DeepSpeed's residual mixture (PR-MoE): with c = softmax(W x + b) of two logits, the routed
half has weight c[0] and the shared one c[1].
"""

import argparse
import json
import os
import platform
from dataclasses import dataclass

import torch
import torch.nn.functional as F

import tensor_file
from make_goldens import BALANCE, FLOAT32_ERROR, MARGIN, SIZE_LIMIT, Z, random_row, random_weights, relative_error
from reference import Reference, Routing, cross_entropy, margin

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "forms")

DENSE = {
    "model_type": "llama", "hidden_size": 16, "intermediate_size": 22, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 4, "vocab_size": 32, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0, "tie_word_embeddings": True,
}
ACTIVATIONS = {
    "relu": F.relu,
    "squared_relu": lambda x: F.relu(x).square(),
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
}


@dataclass
class Form:
    activation: str
    widths: list
    chosen: int
    weight: str = "renormalised"
    scale: float = 1.0
    biases: bool = False
    shared: int = 0
    mixed: bool = False
    idle: bool = False      # whether one expert must be chosen by no token


CASES = {
    "relu": Form("relu", [12] * 4, 1, "raw"),
    "squared-relu": Form("squared_relu", [12] * 4, 2),
    "gelu-biased": Form("gelu", [12] * 4, 2, biases=True),
    "gelu-tanh-shared": Form("gelu_tanh", [12] * 4, 2, "raw", shared=10),
    "swiglu-mixed": Form("swiglu", [12] * 4, 1, "raw", shared=14, mixed=True),
    "gelu-mixed": Form("gelu", [12] * 4, 2, scale=2.0, shared=14, mixed=True),
    "uneven-swiglu": Form("swiglu", [16, 48, 64, 128], 1, "raw", idle=True),
    "uneven-relu": Form("relu", [16, 48, 64, 128], 2, idle=True),
}


class Forms(Reference):
    def __init__(self, form, weights):
        super().__init__(DENSE, weights)
        self.form, self.routings = form, {}

    def shapes(self):
        form, d = self.form, self.s.width
        shapes = super().shapes()
        feed_forwards = {"model.layers.0.mlp": DENSE["intermediate_size"], "model.layers.1.mlp.shared_experts": form.shared}
        feed_forwards |= {f"model.layers.1.mlp.experts.{e}": width for e, width in enumerate(form.widths)}
        for prefix, width in feed_forwards.items():
            if width == 0:
                continue
            for name in ("gate", "up") if form.activation == "swiglu" else ("up",):
                shapes[f"{prefix}.{name}_proj.weight"] = (width, d)
                if form.biases and ".experts." in prefix:
                    shapes[f"{prefix}.{name}_proj.bias"] = (width,)
            shapes[f"{prefix}.down_proj.weight"] = (d, width)
            if form.biases and ".experts." in prefix:
                shapes[f"{prefix}.down_proj.bias"] = (d,)
        shapes["model.layers.1.mlp.gate.weight"] = (len(form.widths), d)
        if form.mixed:
            shapes["model.layers.1.mlp.shared_expert_gate.weight"] = (2, d)
            shapes["model.layers.1.mlp.shared_expert_gate.bias"] = (2,)
        return shapes

    def swiglu_names(self, l):
        return []

    def feed_forward_names(self, l):
        return f"model.layers.{l}.mlp"

    def swiglu(self, x, prefix):
        """Where the reference computes the SwiGLU of a layer; here whatever the layer has."""
        return self.mixed(x, prefix) if prefix == "model.layers.1.mlp" else self.feed_forward(x, prefix)

    def feed_forward(self, x, prefix):
        up = self.linear(x, f"{prefix}.up_proj")
        if self.form.activation == "swiglu":
            inner = F.silu(self.linear(x, f"{prefix}.gate_proj")) * up
        else:
            inner = ACTIVATIONS[self.form.activation](up)
        return self.linear(inner, f"{prefix}.down_proj")

    def mixed(self, x, prefix):
        form = self.form
        logits = self.linear(x, f"{prefix}.gate")
        probabilities = logits.softmax(-1)
        chosen = logits.detach().topk(form.chosen, -1).indices
        weights = probabilities.gather(1, chosen)
        if form.weight == "renormalised":
            weights = weights / weights.sum(-1, keepdim=True)
        routing = Routing(logits, probabilities, chosen, weights * form.scale, margin(logits.detach(), form.chosen))
        self.routings[1] = routing
        y = torch.zeros_like(x)
        for e in range(len(form.widths)):
            rows, slots = (chosen == e).nonzero(as_tuple=True)
            out = self.feed_forward(x[rows], f"{prefix}.experts.{e}")
            y = y.index_add(0, rows, out * routing.weights[rows, slots, None])
        if not form.shared:
            return y
        shared = self.feed_forward(x, f"{prefix}.shared_experts")
        if not form.mixed:
            return y + shared
        c = self.linear(x, f"{prefix}.shared_expert_gate").softmax(-1)
        return y * c[:, 0:1] + shared * c[:, 1:]


def config_of(form):
    activation = {} if form.activation == "swiglu" else {"activation": form.activation}
    mixture = {"expert_widths": form.widths, "num_experts_per_tok": form.chosen, "affinity": "softmax_before_selection",
               "combine_weight": form.weight, "scale": form.scale, "shared_width": form.shared, **activation}
    if form.mixed:
        mixture["shared_mix"] = True
    if form.biases:
        mixture["expert_bias"] = True
    config = {name: value for name, value in DENSE.items() if name != "intermediate_size"}
    return {**config, "model_type": "moesaic", "hidden_act": "silu", "torch_dtype": "float32",
            "layers": [{"width": DENSE["intermediate_size"], **activation}, mixture]}


def compute(form, weights, row, dtype):
    leaves = {name: tensor.to(dtype).requires_grad_() for name, tensor in weights.items()}
    model = Forms(form, leaves)
    logits, _ = model.forward(row["tokens"], row["positions"], row["segments"])
    routing = model.routings[1]
    plain = cross_entropy(logits, row["targets"])
    balanced = plain + BALANCE * routing.load_balance() + Z * routing.z_loss()
    golden = {"logits": logits, "loss_plain": plain, "loss_with_aux": balanced}
    for prefix, loss in (("grad", plain), ("grad_with_aux", balanced)):
        gradients = torch.autograd.grad(loss, list(leaves.values()), retain_graph=True)
        golden |= {f"{prefix}.{name}": gradient for name, gradient in zip(leaves, gradients)}
    golden["chosen.1"], golden["weights.1"] = routing.chosen.int(), routing.weights
    return golden, routing.margin


def write(case):
    form = CASES[case]
    for seed in range(2000):
        generator = torch.Generator().manual_seed(seed)
        weights = random_weights(Forms(form, {}), generator)
        row = random_row(DENSE["vocab_size"], [11, 1, 8], generator)
        golden, smallest = compute(form, weights, row, torch.float64)
        idle = len(golden["chosen.1"].unique()) < len(form.widths)
        if smallest > MARGIN and idle == form.idle:
            break
    else:
        raise RuntimeError(f"{case}: no seed gives a decided routing")
    folder = os.path.join(HERE, case)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(config_of(form), indent=2) + "\n")
    origin = {"made_by": "make_form_goldens.py", "seed": str(seed), "python": platform.python_version(),
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
        golden, _ = compute(CASES[case], weights, row, dtype)
        assert golden.keys() == stored.keys()
        errors = {name: relative_error(golden[name], stored[name]) for name in stored}
        name = max(errors, key=errors.get)
        assert errors[name] < limit, (case, dtype, name, errors[name])
        print(f"{case:20} {str(dtype):14} {errors[name]:.1e} ({name})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare the stored goldens, write nothing")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name in CASES:
        if not options.check:
            write(name)
        check(name)

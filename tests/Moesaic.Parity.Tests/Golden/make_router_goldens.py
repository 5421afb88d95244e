"""Writes routers/*.safetensors: LLaMA-MoE v1's gate (two-layer score, learned noise, selection before softmax, cv^2 of importance and
of load), computed in float64 by PyTorch from the formulas, with the gradient of every weight.

    python3 make_router_goldens.py             writes the cases
    python3 make_router_goldens.py --check     recomputes them and compares

A case holds x [T, D], counted [T], the weights by their names, seed [T, K] (the gradient that arrives at the combine weights of the
experts in order of falling logit), and weights [T, K], chosen [T, K], load [E], loss, grad.x and grad.<weight>, where
loss = sum(seed * weights) + VARIATION * (cv2(importance) + cv2(load)). The noise is that of NoiseDraw(SEED, STEP, FIRST), layer LAYER.
"""

import argparse
import math
import os
import platform

import torch

import tensor_file

SEED, STEP, FIRST, LAYER, VARIATION, SCALE = 20, 3, 40, 5, 0.7, 4.0
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "routers")
CASES = {"v1-4of16": (24, 12, 16, 4), "v1-2of8": (30, 10, 8, 2)}
MASK = (1 << 64) - 1
GAMMA = 0x9E3779B97F4A7C15


def mix(z):
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return z ^ z >> 31


def normals(token, count):
    state = mix((mix((mix((mix((SEED + GAMMA) & MASK) + STEP) & MASK) + LAYER) & MASK) + FIRST + token) & MASK)
    numbers = []
    while len(numbers) < count:
        uniform = []
        for _ in range(2):
            state = (state + GAMMA) & MASK
            uniform.append((mix(state) >> 11) / (1 << 53))
        radius = math.sqrt(-2 * math.log(1 - uniform[0]))
        numbers += [radius * math.cos(2 * math.pi * uniform[1]), radius * math.sin(2 * math.pi * uniform[1])]
    return numbers[:count]


def cv2(values):
    return values.var(unbiased=True) / values.mean() ** 2


def gate(x, first, second, noise, seed, counted, chosen):
    tokens, experts = x.shape[0], first.shape[0]
    clean = torch.tanh(x @ first.T) @ second.T
    deviation = torch.nn.functional.softplus(x @ noise.T) + 0.01
    noisy = clean + torch.tensor([normals(t, experts) for t in range(tokens)], dtype=torch.float64) * deviation
    top, ids = noisy.topk(chosen + 1, dim=1)
    weights = torch.softmax(top[:, :chosen], dim=1)
    kept = torch.zeros_like(noisy).scatter(1, ids[:, :chosen], weights)
    inside = torch.zeros_like(noisy, dtype=torch.bool).scatter(1, ids[:, :chosen], True)
    threshold = torch.where(inside, top[:, chosen:chosen + 1], top[:, chosen - 1:chosen])
    probability = torch.distributions.Normal(0.0, 1.0).cdf((clean - threshold) / deviation)
    load = probability[counted].sum(0)
    loss = (seed * weights * SCALE).sum() + VARIATION * (cv2(kept[counted].sum(0)) + cv2(load))
    gap = (top[:, :-1] - top[:, 1:]).min().item()
    return loss, weights * SCALE, ids[:, :chosen], load, gap


def build(name):
    tokens, width, experts, chosen = CASES[name]
    generator = torch.Generator().manual_seed(len(name) + experts)
    draw = lambda *shape: torch.randn(*shape, generator=generator).to(torch.float32)
    return {
        "x": draw(tokens, width), "gate_network.0.weight": draw(experts, width) * 0.3, "gate_network.2.weight": draw(experts, experts) * 0.5,
        "weight_noise.weight": draw(experts, width) * 0.2, "seed": draw(tokens, chosen),
        "counted": (torch.arange(tokens) % 5 != 4).to(torch.int32),
    }


def answer(case, chosen):
    names = ["x", "gate_network.0.weight", "gate_network.2.weight", "weight_noise.weight"]
    given = {n: case[n].to(torch.float64).requires_grad_() for n in names}
    loss, weights, ids, load, gap = gate(*[given[n] for n in names], case["seed"].to(torch.float64), case["counted"].bool(), chosen)
    assert gap > 1e-5, f"a near tie: {gap}"
    loss.backward()
    return {
        "loss": loss.detach().reshape(1).to(torch.float32), "weights": weights.detach().to(torch.float32), "chosen": ids.to(torch.int32),
        "load": load.detach().to(torch.float32), **{f"grad.{n}": given[n].grad.to(torch.float32) for n in names},
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    os.makedirs(HERE, exist_ok=True)
    for name, shape in CASES.items():
        path = os.path.join(HERE, f"{name}.safetensors")
        case = build(name)
        made = answer(case, shape[3])
        if check:
            stored = tensor_file.load(path)
            for key, value in {**case, **made}.items():
                assert torch.allclose(stored[key].to(torch.float64), value.to(torch.float64), rtol=1e-6, atol=1e-7), (name, key)
        else:
            tensor_file.save(path, {**case, **made}, {"made_by": "make_router_goldens.py", "torch": torch.__version__, "python": platform.python_version()})
        print(name, "ok", float(made["loss"]))


if __name__ == "__main__":
    main()

"""Writes objectives/*.safetensors: the router objectives with gradients that are easiest to get wrong, computed in float64 by PyTorch's
autograd from their formulas.

    python3 make_objective_goldens.py             writes the cases
    python3 make_objective_goldens.py --check     recomputes them and compares

A case holds logits [T, E], counted [T], sequence [T], and for every objective its value.<name> [1] and grad.<name> [T, E], the gradient
with respect to the logits. Affinities are softmax or sigmoids, the K best are chosen, combine weights are affinities renormalised over
the chosen, times SCALE; probabilities are affinities divided by their sum. Counts have no gradient.
"""

import argparse
import os
import platform

import torch

import tensor_file

SCALE, GROUPS = 2.0, 4
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "objectives")
CASES = {"softmax-3of8": ("softmax", 24, 8, 3), "sigmoid-2of8": ("sigmoid", 20, 8, 2)}


def cv2(values):
    return values.var(unbiased=True) / values.mean() ** 2


def objectives(logits, affinity, chosen, counted, sequence):
    experts = logits.shape[1]
    a = torch.softmax(logits, 1) if affinity == "softmax" else torch.sigmoid(logits)
    p = a / a.sum(1, keepdim=True)
    ids = logits.detach().topk(chosen, 1).indices
    picked = torch.zeros_like(logits.detach()).scatter(1, ids, 1.0)
    first = torch.zeros_like(picked).scatter(1, ids[:, :1], 1.0)
    w = a * picked
    w = w / w.sum(1, keepdim=True)

    def balance(rows):
        return experts * ((picked[rows].mean(0) / chosen) * p[rows].mean(0)).sum()

    mean = p[counted].mean(0)
    clusters = mean.reshape(GROUPS, -1)
    within = experts**2 * clusters.var(1, unbiased=True).mean()
    masses = clusters.mean(1).sort(descending=True).values
    in_groups = (picked[counted].mean(0) / chosen).reshape(GROUPS, -1).mean(1)
    n = counted.sum()
    return {
        "load_balance": balance(counted),
        "first": experts * (first[counted].mean(0) * mean).sum(),
        "group_balance": (experts * in_groups * clusters.sum(1)).sum(),
        "sequence_load_balance": sum((counted & (sequence == s)).sum() / n * balance(counted & (sequence == s)) for s in sequence.unique()),
        "soft_balance": experts * (w[counted].mean(0) * mean).sum(),
        "z_loss": (torch.logsumexp(logits[counted], 1) ** 2).mean(),
        "mutual_information": (mean * mean.log()).sum() - (p[counted] * p[counted].log()).sum(1).mean(),
        "variance": experts**2 * mean.var(unbiased=True),
        "clusters": within,
        "apart": within / torch.exp(masses[0] - masses[1]),
        "importance": cv2(w[counted].sum(0)),
    }


def build(name):
    _, tokens, experts, _ = CASES[name]
    generator = torch.Generator().manual_seed(len(name) + experts)
    # Some experts are better liked.
    logits = torch.randn(tokens, experts, generator=generator) * 1.5 + torch.linspace(1, -1, experts)
    return {"logits": logits.to(torch.float32), "counted": (torch.arange(tokens) % 5 != 4).to(torch.int32),
            "sequence": (torch.arange(tokens) >= 7).to(torch.int32)}


def answer(name, case):
    affinity, _, _, chosen = CASES[name]
    made = {}
    for key in objectives(case["logits"].double(), affinity, chosen, case["counted"].bool(), case["sequence"]):
        logits = case["logits"].to(torch.float64).requires_grad_()
        value = objectives(logits, affinity, chosen, case["counted"].bool(), case["sequence"])[key]
        value.backward()
        made[f"value.{key}"] = value.detach().reshape(1).to(torch.float32)
        made[f"grad.{key}"] = logits.grad.to(torch.float32)
    return made


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    os.makedirs(HERE, exist_ok=True)
    for name in CASES:
        path = os.path.join(HERE, f"{name}.safetensors")
        case = build(name)
        made = answer(name, case)
        if check:
            stored = tensor_file.load(path)
            for key, value in {**case, **made}.items():
                assert torch.allclose(stored[key].to(torch.float64), value.to(torch.float64), rtol=1e-6, atol=1e-7), (name, key)
        else:
            tensor_file.save(path, {**case, **made}, {"made_by": "make_objective_goldens.py", "torch": torch.__version__, "python": platform.python_version()})
        print(name, "ok", {k: round(float(v), 4) for k, v in made.items() if k.startswith("value")})


if __name__ == "__main__":
    main()

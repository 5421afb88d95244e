"""Writes lora/*.safetensors: products with low-rank adapters beside a bfloat16 matrix, in float64 by PyTorch, with all gradients.

    python3 make_lora_goldens.py             writes the cases
    python3 make_lora_goldens.py --check     recomputes them and compares

A case holds offsets [E+1], x [R, K], w.e [N, K] (numbers that bfloat16 holds exactly), a.e [r, K], b.e [N, r] and seed [R, N], the gradient
that arrives at y [R, N]; and y, grad.x, grad.a.e, grad.b.e, where y = x w^T + alpha / r * (x a^T) b^T for the rows of expert e.
"""

import argparse
import os
import platform

import torch

import tensor_file

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lora")
CASES = {"one": ([0, 9], 20, 12, 4, 8), "experts": ([0, 5, 5, 12, 13], 16, 24, 2, 3)}


def make(name):
    offsets, rows, columns, rank, alpha = CASES[name]
    generator = torch.Generator().manual_seed(len(name))
    normal = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64).float()
    experts = len(offsets) - 1
    values = {"offsets": torch.tensor(offsets, dtype=torch.int32), "alpha": torch.tensor([alpha], dtype=torch.int32),
              "x": normal(offsets[-1], columns), "seed": normal(offsets[-1], rows)}
    for e in range(experts):
        values |= {f"w.{e}": normal(rows, columns).bfloat16().float(), f"a.{e}": normal(rank, columns), f"b.{e}": normal(rows, rank)}
    return values


def compute(values):
    offsets = values["offsets"].tolist()
    learned = [n for n in values if n == "x" or n[:2] in ("a.", "b.")]
    exact = {n: v.double().requires_grad_(n in learned) for n, v in values.items() if n not in ("offsets", "alpha")}
    parts = []
    for e in range(len(offsets) - 1):
        x, a, b = exact["x"][offsets[e]:offsets[e + 1]], exact[f"a.{e}"], exact[f"b.{e}"]
        scale = values["alpha"].item() / a.shape[0]
        parts.append(torch.nn.functional.linear(x, exact[f"w.{e}"])
                     + scale * torch.nn.functional.linear(torch.nn.functional.linear(x, a), b))
    y = torch.cat(parts)
    (y * exact["seed"]).sum().backward()
    return {"y": y.detach().float()} | {f"grad.{n}": exact[n].grad.float() for n in learned}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    os.makedirs(HERE, exist_ok=True)
    for name in CASES:
        path = os.path.join(HERE, name + ".safetensors")
        values = make(name)
        made = compute(values)
        if check:
            stored = tensor_file.load(path)
            for key, value in (values | made).items():
                assert torch.allclose(stored[key].double(), value.double(), rtol=1e-6, atol=1e-7), f"{name}: {key}"
            print(name, "is as stored")
        else:
            tensor_file.save(path, values | made, {"made_by": "make_lora_goldens.py", "torch": torch.__version__, "python": platform.python_version()})


if __name__ == "__main__":
    main()

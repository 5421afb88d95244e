"""A mixture of SwiGLU experts in eager PyTorch with a loop over the experts, forward and backward, float32 on the CPU.

    python3 torch_layer.py WIDTH EXPERT_WIDTH EXPERTS CHOSEN TOKENS SKEW THREADS

Prints a line when ready, then takes a step for each line on standard input and answers with its seconds. The loads of the
experts fall in equal steps from the busiest to the idlest, whose ratio is SKEW, as in bench/Moesaic.Bench/Layers.
"""

import os
import sys
import time

from torch_step import best_core_type


def balance(x, router, chosen, skew):
    """Moves the first column of the router, as the first value of every token is 1, until the loads are as wanted."""
    import torch

    experts = router.shape[0]
    x[:, 0] = 1
    wanted = torch.linspace(skew, 1, experts)
    wanted *= x.shape[0] * chosen / wanted.sum()
    logits, bias = x @ router.T, torch.zeros(experts)
    for _ in range(60 if chosen < experts else 0):
        load = torch.bincount((logits + bias).topk(chosen).indices.flatten(), minlength=experts)
        bias += 0.4 * (wanted / load.clamp(min=1)).log()
    router[:, 0] += bias


class Mixture:
    def __init__(self, width, inner, experts, router, chosen):
        import torch

        def matrices(rows, columns):
            return [(torch.randn(rows, columns) / columns ** 0.5).requires_grad_() for _ in range(experts)]

        self.router, self.chosen = router.requires_grad_(), chosen
        self.gates, self.ups, self.downs = matrices(inner, width), matrices(inner, width), matrices(width, inner)
        self.parameters = [self.router, *self.gates, *self.ups, *self.downs]

    def forward(self, x):
        import torch
        import torch.nn.functional as F

        weights, ids = F.softmax(F.linear(x, self.router), -1).topk(self.chosen)
        weights = weights / weights.sum(-1, keepdim=True)
        y = torch.zeros_like(x)
        for e, (gate, up, down) in enumerate(zip(self.gates, self.ups, self.downs)):
            token, place = torch.where(ids == e)
            rows = x.index_select(0, token)
            rows = F.linear(F.silu(F.linear(rows, gate)) * F.linear(rows, up), down)
            y.index_add_(0, token, rows * weights[token, place, None])
        return y


def main():
    width, inner, experts, chosen, tokens, skew, threads = map(int, sys.argv[1:])
    if os.environ.get("MOESAIC_PEER_READY") != "1":
        # As in torch_step.py: read when the libraries load. The allocator keeps large blocks.
        settings = {
            "MOESAIC_PEER_READY": "1", "OPENBLAS_CORETYPE": best_core_type(threads),
            "OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads),
            "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40), "MALLOC_TOP_PAD_": str(1 << 28),
        }
        os.execve(sys.executable, [sys.executable, __file__, *sys.argv[1:]], {**os.environ, **settings})

    import torch

    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(1)
    x, router = torch.randn(tokens, width), torch.randn(experts, width) / width ** 0.5
    balance(x, router, chosen, skew)
    x.requires_grad_()
    mixture, dy = Mixture(width, inner, experts, router, chosen), torch.randn(tokens, width)
    print("ready", flush=True)
    for _ in sys.stdin:
        for p in (x, *mixture.parameters):
            p.grad = None
        start = time.perf_counter()
        mixture.forward(x).backward(dy)
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()

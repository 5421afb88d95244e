"""Tokens per second of whole training steps (forward, backward, clipping, AdamW) in eager PyTorch, float32 on the CPU.

    python3 torch_step.py demo|stories15M [--plain] [--steps 10] [--warmup 2] [--threads 2] [--lockstep]

Prints JSON lines: one about the setting, one for each step, one summary. `fma_share` is the step's arithmetic over what
bare multiply-adds reached just before it. README.md says what the model does to be fast.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

CORE_TYPES = ("", "Haswell", "Zen", "SkylakeX")
CORE_TYPE_ROUNDS = 2
HERE = os.path.dirname(os.path.abspath(__file__))


@dataclass(frozen=True)
class Shape:
    """Width D, layers L, heads H, key heads G, feed-forward F, vocabulary V (tied), batch B of T tokens."""

    D: int
    L: int
    H: int
    G: int
    F: int
    V: int
    B: int
    T: int = 256

    @property
    def parameters(self):
        head = self.D // self.H
        return self.V * self.D + self.D + self.L * (
            self.D * (2 * self.H + 2 * self.G) * head + 3 * self.D * self.F + 2 * self.D)

    @property
    def step_flops(self):
        """A multiply-add counts 2, backward twice the forward; of attention only what the causal mask lets through."""
        matrices = self.parameters - self.D * (2 * self.L + 1)
        return 3 * self.B * self.T * (2 * matrices + self.L * 2 * self.D * (self.T + 1))


SHAPES = {
    "demo": Shape(D=256, L=4, H=16, G=8, F=512, V=4096, B=16),
    "stories15M": Shape(D=288, L=6, H=6, G=6, F=768, V=32000, B=8),
}


def train(shape, plain, threads, warmup, steps, before_step, after_step):
    import torch

    if plain:
        from torch_plain import Llama
    else:
        from torch_llama import Llama

    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(1)
    model = Llama(shape)
    parameters = list(model.parameters())
    assert sum(p.numel() for p in parameters) == shape.parameters
    optimiser = torch.optim.AdamW(parameters, lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1, foreach=not plain)
    rows = torch.randint(shape.V, (warmup + steps, shape.B, shape.T + 1))
    for index, row in enumerate(rows):
        tokens, targets = row[:, :-1].contiguous(), row[:, 1:].reshape(-1)
        before_step()
        start = time.perf_counter()
        optimiser.zero_grad(set_to_none=True)
        loss = model(tokens, targets)
        loss.backward()
        if plain:
            norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0).item()
        else:
            gradients = [p.grad for p in parameters]
            norm = torch.stack(torch._foreach_norm(gradients)).norm().item()
            if norm > 1:
                torch._foreach_mul_(gradients, 1 / norm)
        optimiser.step()
        seconds = time.perf_counter() - start
        if index >= warmup:
            after_step(index - warmup, seconds, loss.item(), norm)


def matrix_rate(threads):
    """GFLOP/s of the best of a few products of the sizes met in training."""
    import torch

    torch.set_num_threads(threads)
    best = 0.0
    for rows, inner, columns in ((4096, 256, 1024), (2048, 288, 1536), (2048, 768, 288)):
        a, b = torch.randn(rows, inner), torch.randn(columns, inner)
        for _ in range(8):
            start = time.perf_counter()
            torch.nn.functional.linear(a, b)
            best = max(best, 2e-9 * rows * inner * columns / (time.perf_counter() - start))
    return best


def best_core_type(threads):
    """The OPENBLAS_CORETYPE with the fastest products here; one that is set already is kept."""
    if "OPENBLAS_CORETYPE" in os.environ:
        return os.environ["OPENBLAS_CORETYPE"]
    command = [sys.executable, __file__, "--matrix-rate", "--threads", str(threads)]
    rates = dict.fromkeys(CORE_TYPES, 0.0)
    for core_type in CORE_TYPES * CORE_TYPE_ROUNDS:
        environment = {**os.environ, "OPENBLAS_CORETYPE": core_type}
        output = subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout
        rates[core_type] = max(rates[core_type], float(output))
    return max(rates, key=rates.get)


class FmaPeak:
    """GFLOP/s of bare multiply-adds (fma_peak.c): a yardstick that other work on the machine shortens as well."""

    def __init__(self, threads):
        self.threads = threads
        self.folder = tempfile.TemporaryDirectory()
        self.program = os.path.join(self.folder.name, "fma_peak")
        source = os.path.join(HERE, "fma_peak.c")
        try:
            subprocess.run(["gcc", "-O3", "-march=native", "-pthread", source, "-o", self.program], check=True)
        except FileNotFoundError:
            sys.exit("gcc is needed for fma_peak.c: apt-get install gcc libc6-dev")

    def measure(self, seconds=0.1):
        time.sleep(0.05)    # until the threads of the last step have stopped spinning
        command = [self.program, str(self.threads), str(seconds)]
        return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def emit(**values):
    print(json.dumps(values), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", choices=SHAPES)
    parser.add_argument("--plain", action="store_true", help="the model written the ordinary way (torch_plain.py)")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--lockstep", action="store_true",
                        help="take a step for each line on standard input, so that another program can alternate with it")
    parser.add_argument("--matrix-rate", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.matrix_rate:
        print(matrix_rate(options.threads))
        return
    if options.model is None:
        parser.error("which model? demo or stories15M")
    if os.environ.get("MOESAIC_PEER_READY") != "1":
        # These are read when the libraries load, so the process starts itself again with them. The allocator keeps
        # large blocks: giving 260 MB of logits back each step costs more page faults than the loss costs arithmetic.
        settings = {
            "MOESAIC_PEER_READY": "1", "OPENBLAS_CORETYPE": best_core_type(options.threads),
            "OPENBLAS_NUM_THREADS": str(options.threads), "OMP_NUM_THREADS": str(options.threads),
        }
        if not options.plain:
            settings |= {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40), "MALLOC_TOP_PAD_": str(1 << 28)}
        os.execve(sys.executable, [sys.executable, __file__, *sys.argv[1:]], {**os.environ, **settings})

    import torch

    shape = SHAPES[options.model]
    emit(model=options.model, plain=options.plain, parameters=shape.parameters, batch=shape.B, tokens=shape.T, threads=options.threads,
         step_gflop=round(shape.step_flops / 1e9, 1), torch=torch.__version__, python=platform.python_version(),
         core_type=os.environ["OPENBLAS_CORETYPE"], load=os.getloadavg()[0])
    yardstick, peaks, speeds = FmaPeak(options.threads), [], []

    def before_step():
        if options.lockstep and not sys.stdin.readline():
            sys.exit("standard input ended before the last step")
        peaks.append(yardstick.measure())

    def after_step(step, seconds, loss, norm):
        speeds.append(shape.B * shape.T / seconds)
        emit(step=step, tokens_per_second=round(speeds[-1], 1), seconds=round(seconds, 4), loss=round(loss, 4),
             norm=round(norm, 4), fma_gflops=peaks[-1],
             fma_share=round(shape.step_flops / seconds / 1e9 / peaks[-1], 3))

    train(shape, options.plain, options.threads, options.warmup, options.steps, before_step, after_step)
    best = max(speeds)
    emit(summary=options.model, median=round(statistics.median(speeds), 1), best=round(best, 1),
         worst=round(min(speeds), 1), fma_gflops=max(peaks),
         best_fma_share=round(shape.step_flops * best / (shape.B * shape.T) / 1e9 / max(peaks), 3))


if __name__ == "__main__":
    main()

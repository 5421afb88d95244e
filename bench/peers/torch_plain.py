"""The same LLaMA as torch_llama.py, written the ordinary way: what one gets without tuning anything for this processor."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class Llama(nn.Module):
    """The mean next-token loss of a batch, with tied embeddings."""

    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.V, shape.D)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.L))
        self.norm = RmsNorm(shape.D)
        head = shape.D // shape.H
        angles = torch.arange(shape.T)[:, None] * 10000.0 ** -(torch.arange(0, head, 2) / head)
        self.cos, self.sin = (f(torch.cat((angles, angles), -1)) for f in (torch.cos, torch.sin))
        self.mask = torch.full((shape.T, shape.T), -math.inf).triu(1)
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=0.02)

    def forward(self, tokens, targets):
        x = self.embedding(tokens)
        for layer in self.layers:
            x = layer(x, self.cos, self.sin, self.mask)
        logits = F.linear(self.norm(x), self.embedding.weight)
        return F.cross_entropy(logits.view(-1, self.shape.V), targets)


class Layer(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        head = shape.D // shape.H
        self.attention_norm, self.ffn_norm = RmsNorm(shape.D), RmsNorm(shape.D)
        self.q = nn.Linear(shape.D, shape.H * head, bias=False)
        self.k = nn.Linear(shape.D, shape.G * head, bias=False)
        self.v = nn.Linear(shape.D, shape.G * head, bias=False)
        self.o = nn.Linear(shape.H * head, shape.D, bias=False)
        self.gate = nn.Linear(shape.D, shape.F, bias=False)
        self.up = nn.Linear(shape.D, shape.F, bias=False)
        self.down = nn.Linear(shape.F, shape.D, bias=False)

    def forward(self, x, cos, sin, mask):
        x = x + self.attention(self.attention_norm(x), cos, sin, mask)
        y = self.ffn_norm(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))

    def attention(self, x, cos, sin, mask):
        s = self.shape
        q, k, v = (p(x).view(s.B, s.T, -1, s.D // s.H).transpose(1, 2) for p in (self.q, self.k, self.v))
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        k, v = (t.repeat_interleave(s.H // s.G, dim=1) for t in (k, v))
        scores = q @ k.transpose(2, 3) / math.sqrt(s.D // s.H) + mask
        return self.o((scores.softmax(-1) @ v).transpose(1, 2).reshape(s.B, s.T, -1))


def rotate(x, cos, sin):
    a, b = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-b, a), dim=-1) * sin


class RmsNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.weight

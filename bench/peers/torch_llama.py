"""A LLaMA for training speed: fused projections, grouped heads in one batched product, few passes over memory."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd import Function

ATTENTION_BLOCKS = 8    # query blocks; each multiplies only the keys up to its end


class Llama(nn.Module):
    """The mean next-token loss of a batch, with tied embeddings."""

    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.embedding = matrix(shape.V, shape.D)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.L))
        self.norm = nn.Parameter(torch.ones(shape.D))
        head = shape.D // shape.H
        angles = torch.arange(shape.T)[:, None] * 10000.0 ** -(torch.arange(0, head, 2) / head)
        turns = torch.polar(torch.ones_like(angles), angles)[:, None]
        rows, group = torch.arange(shape.T), shape.H // shape.G
        mask = torch.zeros(shape.T, shape.T).masked_fill(rows[:, None] < rows, -math.inf)
        mask = mask.repeat_interleave(group, 0)
        self.constants = turns, mask

    def forward(self, tokens, targets):
        x = F.embedding(tokens, self.embedding)
        for layer in self.layers:
            x = layer(x, *self.constants)
        logits = F.linear(RmsNorm.apply(x, self.norm), self.embedding)
        return F.cross_entropy(logits.view(-1, self.shape.V), targets)


class Layer(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        head = shape.D // shape.H
        self.attention_norm = nn.Parameter(torch.ones(shape.D))
        self.ffn_norm = nn.Parameter(torch.ones(shape.D))
        self.qkv = matrix((shape.H + 2 * shape.G) * head, shape.D)
        self.o = matrix(shape.D, shape.H * head)
        self.gate = matrix(shape.F, shape.D)
        self.up = matrix(shape.F, shape.D)
        self.down = matrix(shape.D, shape.F)

    def forward(self, x, turns, mask):
        x = x + self.attention(RmsNorm.apply(x, self.attention_norm), turns, mask)
        y = RmsNorm.apply(x, self.ffn_norm)
        return x + F.linear(F.silu(F.linear(y, self.gate)) * F.linear(y, self.up), self.down)

    def attention(self, x, turns, mask):
        """Rotary pairs are neighbours instead of halves: another order of the rows of W_q and W_k, nothing else."""
        s = self.shape
        head, group = s.D // s.H, s.H // s.G
        qk, v = F.linear(x, self.qkv).view(s.B, s.T, s.H + 2 * s.G, head).split((s.H + s.G, s.G), 2)
        pairs = torch.view_as_complex(qk.reshape(s.B, s.T, s.H + s.G, head // 2, 2))
        q, k = torch.view_as_real(pairs * turns).flatten(3).split((s.H, s.G), 2)
        q = q.reshape(s.B, s.T, s.G, group, head).transpose(1, 2).reshape(s.B * s.G, s.T * group, head)
        k = k.permute(0, 2, 3, 1).reshape(s.B * s.G, head, s.T)
        v = v.transpose(1, 2).reshape(s.B * s.G, s.T, head)
        rows, blocks = s.T // ATTENTION_BLOCKS, []
        for block, query in enumerate(q.split(rows * group, 1)):
            seen = (block + 1) * rows
            visible = mask[block * rows * group:seen * group, :seen]
            weights = torch.baddbmm(visible, query, k[:, :, :seen], alpha=1 / math.sqrt(head)).softmax(-1)
            blocks.append(torch.bmm(weights, v[:, :seen]))
        y = torch.cat(blocks, 1).view(s.B, s.G, s.T, group, head).transpose(1, 2)
        return F.linear(y.reshape(s.B, s.T, s.D), self.o)


def matrix(rows, columns):
    return nn.Parameter(torch.randn(rows, columns) * 0.02)


class RmsNorm(Function):
    """y = x / sqrt(mean(x^2) + eps) * weight; half the time of the same formula left to autograd."""

    @staticmethod
    def forward(context, x, weight):
        norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        scale = norm.square_().div_(x.shape[-1]).add_(1e-5).rsqrt_()
        unit = x * scale
        context.save_for_backward(unit, scale, weight)
        return unit * weight

    @staticmethod
    def backward(context, grad):
        unit, scale, weight = context.saved_tensors
        product = grad * unit
        columns = product.shape[-1]
        grad_weight = product.view(-1, columns).sum(0)
        along = torch.mv(product.view(-1, columns), weight).view(scale.shape).div_(-columns)
        return torch.addcmul(grad * weight, unit, along).mul_(scale), grad_weight

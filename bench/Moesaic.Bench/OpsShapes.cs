using Moesaic.Kernels;

namespace Moesaic.Bench;

/// <summary>The shapes of a small model in training (width 256, four thousand tokens) and in decoding.</summary>
static class OpsShapes
{
    public static IEnumerable<OpShape> All =>
    [
        .. Attention("16x256, 16:8 heads of 16", 16, 8, 16, 16, 256, 256),
        .. Attention("8x512, 16:8 heads of 16", 16, 8, 16, 8, 512, 512),
        .. Attention("8x256, 6:6 heads of 48", 6, 6, 48, 8, 256, 256),
        .. Attention("1x512, 32:8 heads of 64", 32, 8, 64, 1, 512, 512),
        .. Attention("1x512, 8:8 heads of 128", 8, 8, 128, 1, 512, 512),
        .. Attention("decode 1x1 of 500, 16:8 of 16", 16, 8, 16, 1, 1, 500),
        .. Attention("decode 8x1 of 500, 6:6 of 48", 6, 6, 48, 8, 1, 500),
        .. Attention("decode 1x1 of 2000, 32:8 of 64", 32, 8, 64, 1, 1, 2000),
        .. SharedKeys("16x256, 8 experts of one head of 32, keys shared", 8, 32, 16, 256),
        .. PagedShapes.All,
        .. Loss("1024x256, vocabulary 4096", 1024, 256, 4096),
        .. Loss("256x288, vocabulary 32000", 256, 288, 32000),
        .. RowKernels(4096, 256, 512),
        .. Routing(4096, 2, 256),
        .. Buffers(3_400_000),
    ];

    static IEnumerable<OpShape> Attention(
        string name, int queryHeads, int keyHeads, int dim, int sequences, int queries, int keys)
    {
        var shape = new AttentionShape(queryHeads, keyHeads, dim, 1 / MathF.Sqrt(dim));
        AttentionSegment[] segments =
            [.. Enumerable.Range(0, sequences).Select(s => new AttentionSegment(s * queries, queries, s * keys, keys))];
        float[] q = Numbers(sequences * queries * queryHeads * dim, 1), k = Numbers(sequences * keys * keyHeads * dim, 2);
        float[] v = Numbers(k.Length, 3), output = new float[q.Length], log = new float[sequences * queries * queryHeads];

        // Two products of one multiply-add per visible key and value; five in the backward.
        var visible = keys - (queries - 1) / 2.0;
        var gflop = 4e-9 * q.Length * visible;
        yield return new($"attention forward {name}", gflop, "GFLOP/s", () =>
            () => Kernels.Attention.Forward(shape, segments, q, k, v, output, log));
        if (queries == 1) yield break;
        yield return new($"attention backward {name}", 2.5 * gflop, "GFLOP/s", () =>
        {
            float[] dOutput = Numbers(q.Length, 4), dq = new float[q.Length], dk = new float[k.Length], dv = new float[k.Length];
            Kernels.Attention.Forward(shape, segments, q, k, v, output, log);
            return () => Kernels.Attention.Backward(shape, segments, q, k, v, output, log, dOutput, dq, dk, dv);
        });
    }

    // Experts of attention whose keys are those of the sequence: a segment for the queries that chose an expert, here every other one of two.
    static IEnumerable<OpShape> SharedKeys(string name, int experts, int dim, int sequences, int keys)
    {
        var shape = new AttentionShape(1, 1, dim, 1 / MathF.Sqrt(dim));
        var each = keys * 2 / experts;
        AttentionSegment[] segments = [.. from e in Enumerable.Range(0, experts) from s in Enumerable.Range(0, sequences)
            select new AttentionSegment(((e * sequences) + s) * each, each, s * keys, keys)];
        float[] q = Numbers(experts * sequences * each * dim, 1), k = Numbers(sequences * keys * dim, 2), v = Numbers(k.Length, 3);
        float[] output = new float[q.Length], log = new float[q.Length / dim];
        yield return new($"attention backward {name}", 10e-9 * q.Length * (keys - (each / 2.0)), "GFLOP/s", () =>
        {
            float[] dOutput = Numbers(q.Length, 4), dq = new float[q.Length], dk = new float[k.Length], dv = new float[k.Length];
            Kernels.Attention.Forward(shape, segments, q, k, v, output, log);
            return () => Kernels.Attention.Backward(shape, segments, q, k, v, output, log, dOutput, dq, dk, dv);
        });
    }

    static IEnumerable<OpShape> Loss(string name, int tokens, int width, int vocabulary)
    {
        float[] hidden = Numbers(tokens * width, 1), head = Numbers(vocabulary * width, 2), losses = new float[tokens];
        float[] weights = Numbers(tokens, 3), dHidden = new float[hidden.Length], dHead = new float[head.Length];
        int[] targets = [.. Enumerable.Range(0, tokens).Select(t => t * 31 % vocabulary)];
        var gflop = 2e-9 * tokens * width * vocabulary;
        var logits = new float[tokens * vocabulary];
        yield return new($"its three products {name}", 3 * gflop, "GFLOP/s", () => () =>
        {
            MatMul.Multiply(MatMulForm.ABt, hidden, head, logits, tokens, vocabulary, width);
            MatMul.Multiply(MatMulForm.AB, logits, head, dHidden, tokens, width, vocabulary);
            MatMul.Multiply(MatMulForm.AtB, logits, hidden, dHead, vocabulary, width, tokens);
        });
        yield return new($"loss + gradient {name}", 3 * gflop, "GFLOP/s", () =>
            () => CrossEntropy.ForwardBackward(hidden, head, targets, weights, losses, dHidden, dHead));
        yield return new($"loss {name}", gflop, "GFLOP/s", () => () => CrossEntropy.Forward(hidden, head, targets, losses));
    }

    static IEnumerable<OpShape> RowKernels(int tokens, int width, int expertWidth)
    {
        float[] x = Numbers(tokens * width, 1), dy = Numbers(x.Length, 2), y = new float[x.Length];
        float[] weight = Numbers(width, 3), inverse = Numbers(tokens, 4), dWeight = new float[width];
        float[] gate = Numbers(tokens * expertWidth, 5), up = Numbers(gate.Length, 6), h = Numbers(gate.Length, 7);
        float[] dGate = new float[gate.Length], dUp = new float[gate.Length];
        int[] positions = [.. Enumerable.Range(0, tokens).Select(t => t % 256)];
        float[] cos = Numbers(256 * 8, 8), sin = Numbers(256 * 8, 9);
        double bytes = 4e-9 * x.Length, wide = 4e-9 * gate.Length;
        yield return new("RmsNorm forward 4096x256", 2 * bytes, "GB/s", () => () => RmsNorm.Forward(x, weight, 1e-5f, y, inverse));
        yield return new("RmsNorm backward 4096x256", 4 * bytes, "GB/s", () =>
            () => RmsNorm.Backward(x, weight, inverse, dy, y, dWeight));
        yield return new("RmsNorm forward 1x256", 8e-9 * width, "GB/s", () =>
            () => RmsNorm.Forward(x.AsSpan(0, width), weight, 1e-5f, y.AsSpan(0, width), inverse.AsSpan(0, 1)));
        yield return new("Rope 4096x16x16", 2 * bytes, "GB/s", () => () => Rope.Apply(y, 16, 16, positions, cos, sin));
        yield return new("SwiGlu forward 4096x512", 3 * wide, "GB/s", () => () => SwiGlu.Forward(gate, up, h));
        yield return new("SwiGlu backward 4096x512", 7 * wide, "GB/s", () => () => SwiGlu.Backward(gate, up, h, dGate, dUp));
        foreach (var kind in Enum.GetValues<UngatedKind>())
        {
            yield return new($"Ungated forward {kind} 4096x512", 2 * wide, "GB/s", () => () => Ungated.Forward(kind, gate, h));
            yield return new($"Ungated backward {kind} 4096x512", 4 * wide, "GB/s", () => () => Ungated.Backward(kind, gate, up, dGate));
        }
        yield return new("Softmax 4096x8", 2 * 4e-9 * tokens * 8, "GB/s", () =>
            () => Softmax.Rows(x.AsSpan(0, tokens * 8), 8, y.AsSpan(0, tokens * 8)));
        yield return new("Softmax 4096x256", 2 * bytes, "GB/s", () => () => Softmax.Rows(x, width, y));
    }

    static IEnumerable<OpShape> Routing(int tokens, int chosen, int width)
    {
        var slotCount = tokens * chosen;
        int[] slots = [.. Enumerable.Range(0, slotCount).Select(i => (int)(i * 1237L % slotCount))];
        int[] index = [.. slots.Select(slot => slot % tokens)];
        float[] outputs = Numbers(slotCount * width, 1), weights = Numbers(slotCount, 2), y = Numbers(tokens * width, 3);
        float[] dOutputs = new float[outputs.Length], dWeights = new float[slotCount];
        var bytes = 4e-9 * tokens * width;
        yield return new("Rows.Gather 8192x256", 4 * bytes, "GB/s", () => () => Rows.Gather(y, index, width, dOutputs));
        yield return new("Rows.ScatterAdd 8192x256", 4 * bytes, "GB/s", () => () => Rows.ScatterAdd(outputs, index, width, y));
        yield return new("Rows.Combine 4096x2x256", 4 * bytes, "GB/s", () =>
            () => Rows.Combine(outputs, slots, weights, chosen, width, y));
        yield return new("Rows.CombineBackward 4096x2x256", 8 * bytes, "GB/s", () =>
            () => Rows.CombineBackward(outputs, slots, weights, chosen, width, y, dOutputs, dWeights));
    }

    static IEnumerable<OpShape> Buffers(int count)
    {
        float[] p = Numbers(count, 1), g = Numbers(count, 2), m = new float[count], v = new float[count];
        var narrow = new ushort[count];
        var halves = new Half[count];
        var step = new AdamWStep(1e-4f, 0.9f, 0.95f, 1e-8f, 0.1f, 10, 1);
        var bytes = 4e-9 * count;
        yield return new("AdamW.Step 3.4M", 7 * bytes, "GB/s", () => () => AdamW.Step(p, g, m, v, step));
        yield return new("Elementwise.Add 3.4M", 3 * bytes, "GB/s", () => () => Elementwise.Add(m, g));
        yield return new("Elementwise.SumOfSquares 3.4M", bytes, "GB/s", () => () => Elementwise.SumOfSquares(g));
        yield return new("Elementwise.FirstNonFinite 3.4M", bytes, "GB/s", () => () => Elementwise.FirstNonFinite(g));
        yield return new("Conversion.SingleToBFloat16 3.4M", 1.5 * bytes, "GB/s", () => () => Conversion.SingleToBFloat16(g, narrow));
        yield return new("Conversion.BFloat16ToSingle 3.4M", 1.5 * bytes, "GB/s", () => () => Conversion.BFloat16ToSingle(narrow, m));
        yield return new("Conversion.SingleToHalf 3.4M", 1.5 * bytes, "GB/s", () => () => Conversion.SingleToHalf(g, halves));
        yield return new("Conversion.HalfToSingle 3.4M", 1.5 * bytes, "GB/s", () => () => Conversion.HalfToSingle(halves, m));
    }

    static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        var numbers = new float[count];
        foreach (ref var number in numbers.AsSpan()) number = random.NextSingle() * 2 - 1;
        return numbers;
    }
}

namespace Moesaic.Kernels.Tests;

/// <summary>Attention calls for the tests: shapes, segments and buffers.</summary>
static class AttentionCases
{
    internal static KernelCase Forward(
        AttentionShape shape, AttentionSegment[] segments, float magnitude = 1, bool withLog = true, bool withSinks = false)
    {
        (int queries, int keys) = Rows(segments);
        int wide = shape.QueryHeads * shape.HeadDim, narrow = shape.KeyValueHeads * shape.HeadDim;
        return new(
            $"Attention.Forward[{shape}, {string.Join(' ', segments)}]",
            [
                KernelCase.Numbers(queries * wide, 1, magnitude), KernelCase.Numbers(keys * narrow, 2, magnitude),
                KernelCase.Numbers(keys * narrow, 3), KernelCase.Numbers(queries * wide, 4),
                KernelCase.Numbers(withLog ? queries * shape.QueryHeads : 0, 5),
                KernelCase.Numbers(withSinks ? shape.QueryHeads : 0, 10),
            ],
            b => Attention.Forward(shape, segments, b[0].Span, b[1].Span, b[2].Span, b[3].Span, b[4].Span, b[5].Span),
            b => AttentionReference.Forward<double>(shape, segments, b[0], b[1], b[2], b[3], b[4], b[5]));
    }

    /// <summary>The backward after a forward of the reference.</summary>
    internal static KernelCase Backward(AttentionShape shape, AttentionSegment[] segments, bool withSinks = false)
    {
        float[][] inputs = Forward(shape, segments, withSinks: withSinks).Buffers;
        double[][] exact = [.. inputs.Select(buffer => Array.ConvertAll(buffer, value => (double)value))];
        AttentionReference.Forward<double>(shape, segments, exact[0], exact[1], exact[2], exact[3], exact[4], exact[5]);
        int wide = inputs[0].Length, narrow = inputs[1].Length;
        return new(
            $"Attention.Backward[{shape}, {string.Join(' ', segments)}]",
            [
                inputs[0], inputs[1], inputs[2], Array.ConvertAll(exact[3], value => (float)value),
                Array.ConvertAll(exact[4], value => (float)value), KernelCase.Numbers(wide, 6), KernelCase.Numbers(wide, 7),
                KernelCase.Numbers(narrow, 8), KernelCase.Numbers(narrow, 9),
                inputs[5], KernelCase.Numbers(inputs[5].Length, 11),
            ],
            b => Attention.Backward(
                shape, segments, b[0].Span, b[1].Span, b[2].Span, b[3].Span, b[4].Span, b[5].Span, b[6].Span, b[7].Span,
                b[8].Span, b[9].Span, b[10].Span),
            b =>
            {
                AttentionReference.Backward<double>(shape, segments, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8]);
                AttentionSinks.Backward<double>(shape, segments, b[9], b[3], b[4], b[5], b[10]);
            });
    }

    /// <summary>Sequences that follow each other, with as many keys as queries.</summary>
    internal static AttentionSegment[] Packed(params int[] lengths)
    {
        var segments = new AttentionSegment[lengths.Length];
        int start = 0;
        for (int i = 0; i < lengths.Length; i++)
        {
            segments[i] = new(start, lengths[i], start, lengths[i]);
            start += lengths[i];
        }

        return segments;
    }

    static (int Queries, int Keys) Rows(AttentionSegment[] segments) => (
        segments.Select(s => s.QueryStart + s.QueryCount).DefaultIfEmpty().Max(),
        segments.Select(s => s.KeyStart + s.KeyCount).DefaultIfEmpty().Max());
}

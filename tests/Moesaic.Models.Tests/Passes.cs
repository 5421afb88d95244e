using Moesaic.Kernels;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests;

/// <summary>What tests run models on.</summary>
static class Passes
{
    public static int[] Tokens(int count, int seed = 7)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(TinySpec.Vocabulary))];
    }

    public static float[] Logits(Model model, PassInput input)
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        return model.Logits(workspace, model.Hidden(workspace, input)).Span.ToArray();
    }

    public static float[] Logits(Model model, int count = 12) => Logits(model, PassInput.Sequence(Tokens(count)));

    /// <summary>Several sequences in one pass, each from position 0, with so many rows of padding at the end.</summary>
    public static PassInput Packed(int padding, params int[][] sequences)
    {
        var segments = new List<AttentionSegment>();
        foreach (var sequence in sequences)
        {
            var start = segments.Sum(s => s.QueryCount);
            segments.Add(new AttentionSegment(start, sequence.Length, start, sequence.Length));
        }
        return new PassInput
        {
            Tokens = sequences.SelectMany(s => s).Concat(new int[padding]).ToArray(),
            Positions = sequences.SelectMany(s => Enumerable.Range(0, s.Length)).Concat(Enumerable.Range(0, padding)).ToArray(),
            Segments = segments.ToArray(),
            Counted = sequences.SelectMany(s => s.Select(_ => true)).Concat(new bool[padding]).ToArray(),
        };
    }

    public static double MaxDifference(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Assert.Equal(a.Length, b.Length);
        double most = 0;
        for (var i = 0; i < a.Length; i++) most = Math.Max(most, Math.Abs((double)a[i] - b[i]));
        return most;
    }
}

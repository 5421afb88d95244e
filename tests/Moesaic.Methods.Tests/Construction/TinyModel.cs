using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Tensors;

namespace Moesaic.Methods.Tests.Construction;

/// <summary>A dense model of two layers, small enough for brute force, with weights large enough to matter.</summary>
static class TinyModel
{
    public const int Vocabulary = 61;

    public static Model Dense(int width = 16, int inner = 24, int layers = 2, int seed = 1, AttentionSpec? attention = null)
    {
        var model = new Model(new ModelSpec
        {
            VocabularySize = Vocabulary,
            Width = width,
            MaxPositions = 64,
            NormEpsilon = 1e-5f,
            Rope = new RopeConfig(10_000),
            TiedEmbeddings = false,
            Layers = [.. Enumerable.Repeat(new LayerSpec(attention ?? new AttentionSpec(2, 1, 8), new DenseSpec(inner)), layers)],
        });
        ModelInitialiser.Randomise(model, seed, deviation: 0.3);
        return model;
    }

    public static int[] Tokens(int count, int seed = 7)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(Vocabulary))];
    }

    public static float[] Logits(Model model, int[] tokens)
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        return model.Logits(workspace, model.Hidden(workspace, PassInput.Sequence(tokens))).Span.ToArray();
    }

    public static double MaxDifference(float[] a, float[] b) => a.Zip(b, (x, y) => Math.Abs((double)x - y)).Max();
}

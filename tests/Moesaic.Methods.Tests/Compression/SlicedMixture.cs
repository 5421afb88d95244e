using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Methods.Tests.Compression;

/// <summary>A mixture with random weights, and the same mixture cut down to some experts: a real layer to compare with.</summary>
static class SlicedMixture
{
    public static MixtureFeedForward Make(RouterSpec router, int width = 12, int inner = 6, int shared = 0, SharedGate gate = SharedGate.None, int seed = 3)
    {
        var model = new Model(new ModelSpec
        {
            VocabularySize = 5, Width = width, MaxPositions = 8, NormEpsilon = 1e-5f, Rope = new RopeConfig(10_000), TiedEmbeddings = true,
            Layers = [new(new AttentionSpec(1, 1, width), new MixtureSpec(router, [.. Enumerable.Repeat(inner, router.Experts)], shared) { SharedGate = gate })],
        });
        ModelInitialiser.Randomise(model, seed, deviation: 0.5);
        foreach (var parameter in model.Parameters.Where(p => p.Role == ParameterRole.SelectionBias || p.Name.EndsWith("gain", StringComparison.Ordinal)))
            ModelInitialiser.FillNormal(parameter.Value.Span, new Random(seed + 1), 0.3);
        return model.Mixtures.Single();
    }

    public static Tensor Inputs(int tokens, int width = 12, int seed = 5)
    {
        var x = new Tensor(tokens, width);
        ModelInitialiser.FillNormal(x.Span, new Random(seed), 1);
        return x;
    }

    /// <summary>The layer with the kept experts' own weights and rows alone.</summary>
    public static MixtureFeedForward Slice(MixtureFeedForward layer, int[] kept)
    {
        var spec = layer.Router.Spec with { Experts = kept.Length };
        var router = new Router(spec, RouterScores.Of(spec, [.. layer.Router.Score.Matrices.Select(m => m.Rows == layer.Router.Spec.Experts ? Rows(m, kept) : m)]),
            Columns(layer.Router.SelectionBias, kept), Columns(layer.Router.Gain, kept));
        T[] Some<T>(IReadOnlyList<T> all) => [.. kept.Select(e => all[e])];
        return new MixtureFeedForward(router, new ExpertTable(Some(layer.Experts.Gates), Some(layer.Experts.Ups), Some(layer.Experts.Downs)),
            layer.Shared, layer.SharedGate, layer.SharedGateBias);
    }

    public static double[,] Output(MixtureFeedForward layer, Tensor x)
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var y = layer.Forward(workspace, x, LayerSample.NoTokens, null);
        var copy = new double[y.Rows, y.Columns];
        for (var t = 0; t < y.Rows; t++)
            for (var d = 0; d < y.Columns; d++) copy[t, d] = y.Row(t)[d];
        return copy;
    }

    public static double SquaredError(double[,] a, double[,] b) => a.Cast<double>().Zip(b.Cast<double>(), (x, y) => (x - y) * (x - y)).Sum();

    static Tensor Rows(WeightMatrix matrix, int[] rows)
    {
        var cut = new Tensor(rows.Length, matrix.Columns);
        for (var r = 0; r < rows.Length; r++) matrix.DecodeRow(rows[r], cut.Row(r));
        return cut;
    }

    static Tensor? Columns(Tensor? vector, int[] columns) =>
        vector is null ? null : new Tensor(1, columns.Length, [.. columns.Select(c => vector.Span[c])]);
}

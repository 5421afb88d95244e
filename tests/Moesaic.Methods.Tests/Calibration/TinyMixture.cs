using Moesaic.Formats;
using Moesaic.Methods.Tests.Construction;
using Moesaic.Models;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Calibration;

/// <summary>Mixtures small enough for loops in float64, with routers that decide.</summary>
static class TinyMixture
{
    public const int Width = 16;

    public static readonly IReadOnlyDictionary<string, RouterSpec> Routers = new Dictionary<string, RouterSpec>(StringComparer.Ordinal)
    {
        ["mixtral"] = new() { Experts = 8, Chosen = 2 },
        ["raw"] = new() { Experts = 8, Chosen = 3, Weight = CombineWeight.Raw },
        ["one"] = new() { Experts = 8, Chosen = 1, Weight = CombineWeight.Raw },
        ["deepseek_v3"] = new()
        {
            Experts = 8, Chosen = 3, Affinity = RouterAffinity.Sigmoid, SelectionBias = true, Scale = 2.5f,
            Groups = new ExpertGroups(4, 2, GroupScore.SumOfBestTwo),
        },
        ["four_groups"] = new()
        {
            Experts = 16, Chosen = 3, Affinity = RouterAffinity.Sigmoid, SelectionBias = true, Groups = new ExpertGroups(4, 2, GroupScore.SumOfBestTwo),
        },
        ["above"] = new() { Experts = 8, Chosen = 2, Selection = new SelectionRule(SelectionKind.Above) { Threshold = 1 }, Weight = CombineWeight.Raw },
    };

    public static Model Make(RouterSpec router, int layers = 3, int seed = 1, bool denseFirst = false, int width = Width)
    {
        var mixture = new MixtureSpec(router, [.. Enumerable.Range(0, router.Experts).Select(_ => 12)], SharedWidth: 8);
        var attention = new AttentionSpec(2, 1, 8);
        var model = new Model(new ModelSpec
        {
            VocabularySize = TinyModel.Vocabulary, Width = width, MaxPositions = 64, NormEpsilon = 1e-5f, Rope = new RopeConfig(10_000), TiedEmbeddings = false,
            Layers = [.. Enumerable.Range(0, layers).Select(l => new LayerSpec(attention, l == 0 && denseFirst ? new DenseSpec(24) : mixture))],
        });
        ModelInitialiser.Randomise(model, seed, deviation: 0.3);
        foreach (var bias in model.Parameters.Where(p => p.Role == ParameterRole.SelectionBias))
            for (var e = 0; e < router.Experts; e++) bias.Value.Span[e] = (e * 5 % 8 * 0.05f) - 0.1f;
        return model;
    }

    /// <summary>Samples of unequal lengths, so that blocks have padding and the last pass is short.</summary>
    public static PackedDataset Data(int samples = 11, int length = 16) => PackedDataset.Pack(
        Enumerable.Range(0, samples).Select(n => new TokenizedSample(TinyModel.Tokens(6 + (2 * n), n), null)), length);
}

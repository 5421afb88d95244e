using Moesaic.Formats;
using Moesaic.Models;

namespace Moesaic.Bench;

/// <summary>Shapes of models to measure speed on.</summary>
static class BenchModels
{
    /// <summary>By name: a mixture of 32 small experts, the shape of OLMoE-1B-7B, a dense LLaMA and its split into 8 experts.</summary>
    public static IReadOnlyDictionary<string, ModelSpec> Shapes { get; } = new Dictionary<string, ModelSpec>(StringComparer.Ordinal)
    {
        ["moe"] = Spec(1024, 16, 16, 8, 32_000, Mixture(32, 4, 512)),
        ["olmoe"] = Spec(2048, 16, 16, 16, 50_304, Mixture(64, 8, 1024)),
        ["dense"] = Spec(2048, 16, 32, 8, 32_000, new DenseSpec(8192)),
        ["split"] = Spec(2048, 16, 32, 8, 32_000, Mixture(8, 2, 1024)),
        ["tiny"] = Spec(256, 4, 4, 2, 1024, Mixture(4, 2, 256)),
    };

    static ModelSpec Spec(int width, int layers, int heads, int keyHeads, int vocabulary, FeedForwardSpec feedForward) => new()
    {
        VocabularySize = vocabulary, Width = width, MaxPositions = 4096, NormEpsilon = 1e-5f, Rope = new RopeConfig(10_000), TiedEmbeddings = false,
        Layers = [.. Enumerable.Repeat(new LayerSpec(new AttentionSpec(heads, keyHeads, width / heads), feedForward), layers)],
    };

    static MixtureSpec Mixture(int experts, int chosen, int width) =>
        new(new RouterSpec { Experts = experts, Chosen = chosen }, [.. Enumerable.Repeat(width, experts)]);
}

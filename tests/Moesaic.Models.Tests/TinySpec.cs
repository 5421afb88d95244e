using Moesaic.Formats;

namespace Moesaic.Models.Tests;

/// <summary>Shapes small enough for brute force.</summary>
static class TinySpec
{
    public const int Vocabulary = 29, Width = 16;

    public static readonly AttentionSpec Attention = new(4, 2, 8);

    public static ModelSpec Of(params FeedForwardSpec[] layers) => new()
    {
        VocabularySize = Vocabulary,
        Width = Width,
        MaxPositions = 64,
        NormEpsilon = 1e-5f,
        Rope = new RopeConfig(10_000),
        TiedEmbeddings = false,
        Layers = [.. layers.Select(l => new LayerSpec(Attention, l))],
    };

    /// <summary>The same layers with another attention.</summary>
    public static ModelSpec With(this ModelSpec spec, AttentionSpec attention) =>
        spec with { Layers = [.. spec.Layers.Select(l => l with { Attention = attention })] };

    /// <summary>Attention through a latent, values narrower than keys.</summary>
    public static AttentionSpec Latent(int queryRank = 0, int valueDim = 4, float scoreFactor = 1) =>
        new(4, 4, 6) { Latent = new LatentSpec(queryRank, 10, 2, valueDim), ScoreFactor = scoreFactor };

    /// <summary>DeepSeek-V3's router over 8 experts in 4 groups.</summary>
    public static MixtureSpec SigmoidMixture(int shared = 12, CombineWeight weight = CombineWeight.Renormalised, bool groups = true) =>
        new(new RouterSpec
        {
            Experts = 8, Chosen = 3, Affinity = RouterAffinity.Sigmoid, SelectionBias = true, Weight = weight, Scale = 2.5f,
            Groups = groups ? new ExpertGroups(4, 2, GroupScore.SumOfBestTwo) : null,
        }, [.. Enumerable.Repeat(12, 8)], shared);

    /// <summary>The layers of gpt-oss: sinks, biases everywhere, values cut off, a window in every second layer.</summary>
    public static ModelSpec GptOss(int layers = 2, int window = 5, int width = 12, float limit = 7)
    {
        var mixture = Mixture(width: width) with { ExpertBias = true, Clamp = new SwiGluClamp(limit, 1.702f) };
        mixture = mixture with { Router = mixture.Router with { Bias = true } };
        var attention = Attention with { Bias = AttentionBias.All, Sinks = true };
        return Of() with
        {
            Layers = [.. Enumerable.Range(0, layers).Select(l => new LayerSpec(attention with { Window = l % 2 == 0 ? window : 0 }, mixture))],
        };
    }

    public static DenseSpec Dense(int width = 24) => new(width);

    /// <summary>Experts of equal width, K of E.</summary>
    public static MixtureSpec Mixture(int experts = 4, int chosen = 2, int width = 12, int shared = 0,
        CombineWeight weight = CombineWeight.Renormalised, RouterAffinity affinity = RouterAffinity.SoftmaxBeforeSelection, float scale = 1) =>
        new(new RouterSpec { Experts = experts, Chosen = chosen, Weight = weight, Affinity = affinity, Scale = scale },
            [.. Enumerable.Repeat(width, experts)], shared);

    /// <summary>A model with weights large enough to matter.</summary>
    public static Model Model(ModelSpec spec, int seed = 1)
    {
        var model = new Model(spec);
        ModelInitialiser.Randomise(model, seed, deviation: 0.3);
        // Norms and biases unlike their starting values, so that forgetting one shows.
        var random = new Random(seed + 1);
        foreach (var parameter in model.Parameters.Where(p => p.IsVector && !p.Name.EndsWith("temperature", StringComparison.Ordinal)))
            foreach (ref var value in parameter.Value.Span) value += 0.2f * ((float)random.NextDouble() - 0.5f);
        return model;
    }
}

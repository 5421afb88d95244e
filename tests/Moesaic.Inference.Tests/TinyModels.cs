using Moesaic.Formats;
using Moesaic.Models;

namespace Moesaic.Inference.Tests;

/// <summary>Random models of every kind of layer, small enough to run in a millisecond.</summary>
static class TinyModels
{
    public const int Context = 96;

    public static TheoryData<string> Kinds => ["dense", "grouped heads", "biased, tied", "mixture", "raw weights", "shared", "uneven", "latent",
        "normed heads", "normed keys", "sigmoid", "window", "sinks", "attention experts", "routed keys", "routed keys, first kept", "shared keys",
        "gelu, biased", "relu, mixed",
        "relu", "hashed", "cosine, passing through", "tree of routers", "dynamic number",
        "absent experts", "skipping", "skipping sigmoids", "mapped"];

    public static Model Make(string kind, int vocabulary = 260)
    {
        var mixture = new MixtureSpec(new RouterSpec { Experts = 6, Chosen = 2 }, [24, 24, 24, 24, 24, 24]);
        var (attention, feedForward) = kind switch
        {
            "dense" => (new AttentionSpec(4, 4, 8), new DenseSpec(48)),
            "grouped heads" => (new AttentionSpec(6, 2, 10), new DenseSpec(48)),
            "biased, tied" => (new AttentionSpec(4, 2, 8, Bias: AttentionBias.All), new DenseSpec(48)),
            "mixture" => (new AttentionSpec(4, 2, 8), mixture),
            "raw weights" => (new AttentionSpec(4, 2, 8), mixture with { Router = mixture.Router with { Weight = CombineWeight.Raw, Scale = 3 } }),
            "shared" => (new AttentionSpec(4, 4, 8), mixture with { SharedWidth = 20 }),
            "normed heads" => (new AttentionSpec(4, 2, 8, AttentionBias.QueryKeyValue) { Norm = HeadNorm.Head }, mixture with { SharedWidth = 20, SharedGate = SharedGate.Sigmoid }),
            "normed keys" => (new AttentionSpec(4, 2, 8) { Norm = HeadNorm.Projection, ScoreFactor = 1.5f }, mixture),
            "sigmoid" => (new AttentionSpec(4, 4, 8) { Latent = new LatentSpec(QueryRank: 12, Rank: 16, RotaryDim: 4, ValueDim: 10) },
                mixture with { Router = mixture.Router with
                {
                    Affinity = RouterAffinity.Sigmoid, SelectionBias = true, Groups = new ExpertGroups(3, 2, GroupScore.SumOfBestTwo), Scale = 2.5f,
                } }),
            "latent" => (new AttentionSpec(4, 4, 12) { Latent = new LatentSpec(QueryRank: 0, Rank: 16, RotaryDim: 4, ValueDim: 6) }, mixture),
            "attention experts" => (Experts(new(8, 4, 8), ExpertKeys.All, false), mixture),
            "routed keys" => (Experts(new(4, 4, 8) { Norm = HeadNorm.Head }, ExpertKeys.Routed, false), mixture),
            "routed keys, first kept" => (Experts(new(12, 4, 6), ExpertKeys.Routed, true), (FeedForwardSpec)new DenseSpec(48)),
            "shared keys" => (Experts(new(16, 2, 8) { Window = 37, Norm = HeadNorm.Head }, ExpertKeys.Shared, false), mixture),
            "gelu, biased" => (new AttentionSpec(4, 2, 8), mixture with { Activation = Activation.Gelu, ExpertBias = true, SharedWidth = 20 }),
            "relu, mixed" => (new AttentionSpec(4, 2, 8), mixture with { Activation = Activation.Relu, SharedWidth = 20, SharedGate = SharedGate.Mix }),
            "window" => (new AttentionSpec(4, 2, 8) { Window = 20 }, mixture),
            "sinks" => (new AttentionSpec(4, 2, 8, Bias: AttentionBias.All) { Window = 37, Sinks = true },
                mixture with { ExpertBias = true, Clamp = new SwiGluClamp(2, 1.702f), Router = mixture.Router with { Bias = true } }),
            "uneven" => (new AttentionSpec(4, 4, 8), (FeedForwardSpec)(mixture with { ExpertWidths = [8, 40, 16, 24, 33, 5] })),
            "relu" => (new AttentionSpec(4, 4, 8), mixture with { Router = mixture.Router with
            {
                Affinity = RouterAffinity.Relu, Weight = CombineWeight.Raw, Selection = new(SelectionKind.Positive), Norm = new(1),
            } }),
            "hashed" => (new AttentionSpec(4, 4, 8), mixture with { Router = mixture.Router with { Key = RouterKey.TokenId, Score = RouterScore.Hash, HashSeed = 3 } }),
            "cosine, passing through" => (new AttentionSpec(4, 4, 8), mixture with { Router = mixture.Router with
            {
                Score = RouterScore.Cosine, ScoreWidth = 5, Affinity = RouterAffinity.Sigmoid, Weight = CombineWeight.Raw, PassThrough = true,
                Training = new() { Capacity = new(1) { Order = CapacityOrder.Random } },
            } }),
            "tree of routers" => (new AttentionSpec(4, 4, 8), mixture with { Router = mixture.Router with
            {
                Groups = new(3, 2, GroupScore.Own) { PerGroup = 1 }, Weight = CombineWeight.RenormalisedByLevel, Temperature = 0.5f,
            } }),
            "dynamic number" => (new AttentionSpec(4, 4, 8), mixture with { Router = mixture.Router with { Selection = new(SelectionKind.Share) { Threshold = 0.6f } } }),
            "absent experts" => (new AttentionSpec(4, 4, 8), mixture with { ExpertWidths = [24, 0, 24, 24, 0, 24] }),
            "skipping" => (new AttentionSpec(4, 4, 8), mixture with { Router = mixture.Router with { Policy = new() { Ratios = [0.9f], Masked = [3] } } }),
            "skipping sigmoids" => (new AttentionSpec(4, 4, 8), mixture with { Router = mixture.Router with
            {
                Affinity = RouterAffinity.Sigmoid, SelectionBias = true, Weight = CombineWeight.Raw, Policy = new() { Share = 0.55f, Threshold = 1.01f, Renormalise = true },
            } }),
            "mapped" => (new AttentionSpec(4, 4, 8), mixture with { Router = mixture.Router with { Map = new ProbabilityMap(6, 4, [.. Enumerable.Range(0, 24).Select(i => (i * 7 % 5) / 5f)]) } }),
            _ => throw new ArgumentException(kind, nameof(kind)),
        };
        var model = new Model(new ModelSpec
        {
            VocabularySize = vocabulary,
            Width = 32,
            MaxPositions = Context,
            NormEpsilon = 1e-5f,
            Rope = new RopeConfig(10_000),
            TiedEmbeddings = kind == "biased, tied",
            Layers = [new LayerSpec(attention, new DenseSpec(40)), new LayerSpec(attention, feedForward), new LayerSpec(attention, feedForward)],
        });
        // Large weights: attention and routing must matter for the next token.
        ModelInitialiser.Randomise(model, seed: kind.Length, deviation: 0.25);
        foreach (var parameter in model.Parameters.Where(p => p.IsVector && p.Role != ParameterRole.Norms))
            ModelInitialiser.FillNormal(parameter.Value.Span, new Random(3), 0.3);
        return model;
    }

    static AttentionSpec Experts(AttentionSpec heads, ExpertKeys keys, bool keepFirst) => heads with
    {
        Experts = new AttentionExpertsSpec(new RouterSpec { Experts = 4, Chosen = 2, Scale = 2 }, keys, keepFirst),
    };

    public static int[] Tokens(int count, int seed = 7)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(256))];
    }
}

using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Training;
using Moesaic.Models;

namespace Moesaic.Methods.Tests.Training;

public class TrainingMemoryTests
{
    static readonly ModelSpec Mixture = new()
    {
        VocabularySize = 1000, Width = 64, MaxPositions = 512, NormEpsilon = 1e-5f, Rope = new RopeConfig(10_000), TiedEmbeddings = true,
        Layers = [.. Enumerable.Repeat(new LayerSpec(new AttentionSpec(4, 4, 16), Experts(2)), 3)],
    };

    static MixtureSpec Experts(int chosen) => new(new RouterSpec { Experts = 8, Chosen = chosen }, [.. Enumerable.Repeat(64, 8)]);

    static TrainingMemory Of(ModelSpec spec, int? from) => TrainingMemory.Of(spec,
        new TrainStepOptions { Data = [], Tokens = 1, AnnealChosen = from is { } experts ? new AnnealOptions { From = experts, Until = 0.5 } : null },
        new ModelOutline(new JsonObject(), 0), tokensPerPass: 2048);

    [Fact]
    public void Annealing_needs_the_memory_of_the_experts_it_begins_with()
    {
        var all = Mixture with { Layers = [.. Mixture.Layers.Select(l => l with { FeedForward = Experts(8) })] };
        Assert.Equal(Of(all, null).Pass, Of(Mixture, 8).Pass);
        Assert.True(Of(Mixture, 8).Pass > Of(Mixture, null).Pass);
        Assert.Equal(Of(Mixture, null), Of(Mixture, 1));
        // So does training on all experts of what evaluates on two.
        var dense = Experts(2);
        dense = dense with { Router = dense.Router with { Weight = CombineWeight.Raw, Training = new() { Selection = new(SelectionKind.All) } } };
        Assert.Equal(Of(all, null).Pass, Of(Mixture with { Layers = [.. Mixture.Layers.Select(l => l with { FeedForward = dense })] }, null).Pass);
    }
}

using Moesaic.Formats;
using Moesaic.Methods.Training;
using Moesaic.Models;

namespace Moesaic.Methods.Tests.Training;

/// <summary>Routers that do something else while training, in the trainer.</summary>
public class RouterTrainingVariantTests
{
    static readonly RouterSpec Plain = new() { Experts = 4, Chosen = 2 };

    static ModelSpec Spec(RouterSpec router)
    {
        var spec = TinyRun.Spec();
        return spec with { Layers = [spec.Layers[0], spec.Layers[1] with { FeedForward = new MixtureSpec(router, [12, 12, 12, 12]) }] };
    }

    static readonly Dictionary<string, RouterSpec> Routers = new()
    {
        ["sampled second, jitter"] = Plain with { Training = new() { Selection = new(SelectionKind.SecondSampled) { Threshold = 0.5f }, InputJitter = 0.1f } },
        ["gumbel"] = Plain with { Chosen = 1, Weight = CombineWeight.Raw, Noise = RouterNoise.Gumbel },
        ["dense while training"] = Plain with { Weight = CombineWeight.Raw, Training = new() { Selection = new(SelectionKind.All) } },
        ["relu"] = Plain with { Affinity = RouterAffinity.Relu, Weight = CombineWeight.Raw, Selection = new(SelectionKind.Positive) },
        ["capacity"] = Plain with { Training = new() { Capacity = new(0.8f) { Order = CapacityOrder.Position } } },
    };

    public static TheoryData<string> Cases => [.. Routers.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Decisions_are_the_same_however_a_step_is_divided_and_training_gets_on(string name)
    {
        (long[] Slots, double First, double Last) Run(int rowsPerPass)
        {
            using var model = TinyRun.Model(Spec(Routers[name]));
            using var trainer = TinyRun.Trainer(model, TinyRun.Options with { RowsPerPass = rowsPerPass, Steps = 30, LearningRate = 0.02f, Seed = 4 });
            var first = trainer.Advance();
            long[] slots = [.. trainer.Routing[0].Slots, trainer.Routing[0].Dropped];
            return (slots, first.Loss, TinyRun.Finish(trainer)[^1].Loss);
        }
        var (whole, parts) = (Run(6), Run(2));
        Assert.Equal(whole.Slots, parts.Slots);
        Assert.True(whole.Last < whole.First - 0.5, $"{whole.First} -> {whole.Last}");
    }

    [Fact]
    public void Routers_that_look_ahead_are_trained_only_when_asked_for()
    {
        var late = Spec(Plain with { Training = new() { Capacity = new(1) } });
        Assert.Contains("allow_non_causal", Assert.Throws<BadRequestException>(() => TinyRun.Options.Check(late)).Message, StringComparison.Ordinal);
        (TinyRun.Options with { AllowNonCausal = true }).Check(late);
        // What training does is not done without its noise.
        (TinyRun.Options with { Noise = false }).Check(late);
        Assert.Throws<BadRequestException>(() => TinyRun.Options.Check(Spec(Plain with { Key = RouterKey.Sequence })));
    }
}

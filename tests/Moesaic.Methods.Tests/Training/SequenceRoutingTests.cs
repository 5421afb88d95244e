using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Training;

/// <summary>Routers that decide by the mean of a sequence, or of its beginning, in training and evaluation.</summary>
public class SequenceRoutingTests
{
    static ModelSpec Spec(RouterKey key)
    {
        var spec = TinyRun.Spec();
        var router = new RouterSpec { Experts = 4, Chosen = 2, Key = key };
        return spec with { Layers = [spec.Layers[0], spec.Layers[1] with { FeedForward = new MixtureSpec(router, [12, 12, 12, 12]) }] };
    }

    [Theory]
    [InlineData(RouterKey.Sequence, true)]
    [InlineData(RouterKey.Prefix, false)]
    public void They_learn_and_are_measured(RouterKey key, bool looksAhead)
    {
        using var model = TinyRun.Model(Spec(key));
        using var trainer = TinyRun.Trainer(model, TinyRun.Options with { Steps = 30, LearningRate = 0.02f, AllowNonCausal = looksAhead });
        var before = Perplexity.Measure(model, TinyRun.Data(seed: 9)).Loss;
        TinyRun.Finish(trainer);
        var after = Perplexity.Measure(model, TinyRun.Data(seed: 9));
        Assert.True(after.Loss < before - 0.5, $"{before} -> {after.Loss}");
        // All tokens of a sequence have the same two experts.
        if (key == RouterKey.Sequence) Assert.All(Used(model), choices => Assert.Equal(2, choices));
    }

    /// <summary>What a sequence loses does not depend on what it is measured with.</summary>
    [Theory]
    [InlineData(RouterKey.Sequence)]
    [InlineData(RouterKey.Prefix)]
    public void A_sequence_is_measured_alone_or_in_company_alike(RouterKey key)
    {
        using var model = TinyRun.Model(Spec(key));
        TokenizedSample[] samples = [new([0, 1, 3, 4, 6], null), new([5, 6, 0, 1, 3, 4, 5], null), new([7, 0, 2], null)];
        var alone = samples.Sum(s => Perplexity.Measure(model, PackedDataset.Pack([s], TinyRun.Length)).Loss * (s.Tokens.Length - 1));
        Assert.Equal(alone / samples.Sum(s => s.Tokens.Length - 1), Perplexity.Measure(model, PackedDataset.Pack(samples, TinyRun.Length)).Loss, 1e-5);
    }

    // How many experts each of some sequences used.
    static IEnumerable<int> Used(Model model) => Enumerable.Range(0, 8).Select(first =>
        Perplexity.Measure(model, PackedDataset.Pack([new([first, (first + 1) % 8, (first + 3) % 8, (first + 4) % 8], null)], TinyRun.Length)).Routing[0].Slots.ToArray().Count(n => n > 0));
}

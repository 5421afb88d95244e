using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Calibration;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Methods.Tests.Compression;

public sealed class CachedOutputsTests
{
    static readonly RouterSpec Plain = new() { Experts = 6, Chosen = 2 };

    public static TheoryData<string, RouterSpec> Routers => new()
    {
        { "renormalised", Plain },
        { "raw", Plain with { Weight = CombineWeight.Raw, Scale = 1.7f } },
        { "softmax after selection", Plain with { Affinity = RouterAffinity.SoftmaxAfterSelection } },
        { "sigmoid and bias", Plain with { Affinity = RouterAffinity.Sigmoid, SelectionBias = true } },
        { "groups", Plain with { Affinity = RouterAffinity.Sigmoid, SelectionBias = true, Groups = new ExpertGroups(2, 1, GroupScore.SumOfBestTwo) } },
        { "gain", Plain with { Weight = CombineWeight.One } },
        { "normalised logits", Plain with { Norm = new LogitNorm(1.3f), Temperature = 0.7f } },
        { "threshold", Plain with { Selection = new SelectionRule(SelectionKind.Above) { Threshold = 1 }, Weight = CombineWeight.Raw } },
        { "share", Plain with { Selection = new SelectionRule(SelectionKind.Share) { Threshold = 0.6f } } },
        { "relu", Plain with { Affinity = RouterAffinity.Relu, Selection = new SelectionRule(SelectionKind.Positive), Weight = CombineWeight.Raw } },
        { "pass through", Plain with { PassThrough = true, Weight = CombineWeight.Raw } },
        { "cosine", Plain with { Score = RouterScore.Cosine } },
        { "swiglu", Plain with { Score = RouterScore.Swiglu } },
    };

    [Theory]
    [MemberData(nameof(Routers))]
    public void An_error_is_that_of_the_layer_with_the_other_experts_cut_off(string name, RouterSpec router)
    {
        var layer = SlicedMixture.Make(router);
        using var sample = LayerSample.Of(layer, SlicedMixture.Inputs(300));
        using var cache = CachedOutputs.Gather(layer, sample);
        var whole = SlicedMixture.Output(layer, sample.Inputs);
        int[][] choices = router.Groups is null ? [[0, 1, 3, 4], [1, 2, 3], [0, 5], [0, 1, 2, 4, 5]] : [[0, 2, 3, 4], [1, 2, 4, 5]];
        var errors = cache.Errors(choices);
        foreach (var (c, kept) in choices.Index())
        {
            // The runtime's own layer, where its router has the weights that a cosine's temperature lacks here.
            var expected = router.Score == RouterScore.Cosine ? MaskedError(layer, sample, kept)
                : SlicedMixture.SquaredError(whole, SlicedMixture.Output(SlicedMixture.Slice(layer, kept), sample.Inputs));
            Assert.True(Math.Abs(errors[c] - expected) <= 2e-5 * expected, $"{name}: {errors[c]} is not {expected}");
            Assert.True(expected > 0);
        }
    }

    static double MaskedError(MixtureFeedForward layer, LayerSample sample, int[] kept)
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var masked = layer.Router;
        var dropped = new bool[layer.Router.Spec.Experts];
        foreach (var e in Enumerable.Range(0, dropped.Length).Except(kept)) dropped[e] = true;
        var input = new PassInput
        {
            Tokens = ReadOnlyMemory<int>.Empty, Positions = ReadOnlyMemory<int>.Empty, Segments = ReadOnlyMemory<AttentionSegment>.Empty,
            DroppedExperts = new Dictionary<Models.Experts.Router, ReadOnlyMemory<bool>> { [masked] = dropped },
        };
        var y = layer.Routed(workspace, sample.Inputs, input, null).Span.ToArray();
        workspace.Begin(recording: false);
        var z = layer.Routed(workspace, sample.Inputs, LayerSample.NoTokens, null).Span.ToArray();
        return z.Zip(y, (a, b) => ((double)a - b) * ((double)a - b)).Sum();
    }

    [Fact]
    public void All_experts_kept_is_no_error_at_all()
    {
        var layer = SlicedMixture.Make(Plain);
        using var sample = LayerSample.Of(layer, SlicedMixture.Inputs(100));
        using var cache = CachedOutputs.Gather(layer, sample);
        Assert.Equal(0, cache.Error([0, 1, 2, 3, 4, 5]));
    }

    [Theory]
    [InlineData(SharedGate.None)]
    [InlineData(SharedGate.Sigmoid)]
    [InlineData(SharedGate.Mix)]
    public void Against_a_target_from_outside_shared_experts_count_on_both_sides(SharedGate gate)
    {
        var layer = SlicedMixture.Make(Plain, shared: 7, gate: gate);
        var target = SlicedMixture.Inputs(200, seed: 9);
        using var sample = LayerSample.Of(layer, SlicedMixture.Inputs(200)) with { Targets = target };
        using var cache = CachedOutputs.Gather(layer, sample);
        var wanted = new double[200, 12];
        for (var t = 0; t < 200; t++)
            for (var d = 0; d < 12; d++) wanted[t, d] = target.Row(t)[d];
        int[] kept = [0, 2, 3];
        var expected = SlicedMixture.SquaredError(wanted, SlicedMixture.Output(SlicedMixture.Slice(layer, kept), sample.Inputs));
        Assert.Equal(expected, cache.Error(kept), 2e-5 * expected);
    }

    [Fact]
    public void The_weight_of_mixed_shared_experts_is_in_errors()
    {
        var layer = SlicedMixture.Make(Plain, shared: 7, gate: SharedGate.Mix);
        using var sample = LayerSample.Of(layer, SlicedMixture.Inputs(200));
        using var cache = CachedOutputs.Gather(layer, sample);
        int[] kept = [0, 2, 3];
        var expected = SlicedMixture.SquaredError(SlicedMixture.Output(layer, sample.Inputs), SlicedMixture.Output(SlicedMixture.Slice(layer, kept), sample.Inputs));
        Assert.Equal(expected, cache.Error(kept), 2e-5 * expected);
    }

    [Fact]
    public void Errors_by_batch_are_those_of_the_batches()
    {
        var layer = SlicedMixture.Make(Plain);
        using var whole = LayerSample.Of(layer, SlicedMixture.Inputs(50));
        using var sample = whole with { Batches = [.. Enumerable.Range(0, 50).Select(t => t < 20 ? 0 : 1)] };
        using var cache = CachedOutputs.Gather(layer, sample);
        using var first = LayerSample.Of(layer, new Tensor(20, 12, whole.Inputs.Span[..(20 * 12)]));
        using var alone = CachedOutputs.Gather(layer, first);
        int[] kept = [1, 2, 5];
        Assert.Equal(alone.Error(kept), cache.BatchErrors([kept])[0][0], 1e-9);
        Assert.Equal(cache.Error(kept), cache.BatchErrors([kept])[0].Sum());
    }

    [Fact]
    public void The_bits_do_not_depend_on_threads_or_company()
    {
        var layer = SlicedMixture.Make(Plain);
        using var sample = LayerSample.Of(layer, SlicedMixture.Inputs(2000));
        int[][] choices = [[0, 1, 2], [2, 3, 4, 5]];
        var threads = WorkerTeam.Threads;
        try
        {
            WorkerTeam.Threads = 1;
            using var one = CachedOutputs.Gather(layer, sample);
            var alone = one.Error(choices[1]);
            WorkerTeam.Threads = 3;
            using var three = CachedOutputs.Gather(layer, sample);
            Assert.Equal(alone, three.Errors(choices)[1]);
        }
        finally
        {
            WorkerTeam.Threads = threads;
        }
    }

    [Fact]
    public void Removal_of_one_expert_of_unequal_groups_is_judged_by_masking()
    {
        var router = Plain with { Affinity = RouterAffinity.Sigmoid, SelectionBias = true, Groups = new ExpertGroups(2, 1, GroupScore.Best) };
        var layer = SlicedMixture.Make(router);
        using var sample = LayerSample.Of(layer, SlicedMixture.Inputs(200));
        using var cache = CachedOutputs.Gather(layer, sample);
        var errors = cache.RemovalErrors();
        Assert.All(errors, e => Assert.True(double.IsFinite(e) && e > 0));
    }

    [Fact]
    public void Routers_that_look_at_other_tokens_are_refused()
    {
        var layer = SlicedMixture.Make(Plain with { Selection = new SelectionRule(SelectionKind.ExpertChoice), Weight = CombineWeight.Raw });
        using var sample = LayerSample.Of(layer, SlicedMixture.Inputs(20));
        var thrown = Assert.Throws<BadModelException>(() => CachedOutputs.Gather(layer, sample, "layer 3"));
        Assert.Contains("layer 3", thrown.Message, StringComparison.Ordinal);
    }
}

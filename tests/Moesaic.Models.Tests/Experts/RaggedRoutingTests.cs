using Moesaic.Models.Experts;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests.Experts;

/// <summary>Tokens with fewer experts than others, or none: the same as full rows with a weight of 0 in the empty places.</summary>
public sealed class RaggedRoutingTests : IDisposable
{
    const int Tokens = 6, Places = 3;

    // The second token has no expert, expert 3 has no token.
    static readonly int[] Ragged = [2, 0, -1, -1, -1, -1, 1, -1, -1, 0, 1, 2, 2, -1, -1, 0, 2, -1];
    static readonly int[] Full = [2, 0, 1, 0, 1, 2, 1, 0, 2, 0, 1, 2, 2, 1, 0, 0, 2, 1];
    readonly Workspace workspace = new();

    public void Dispose() => workspace.Dispose();

    static Routing Decisions(int[] chosen)
    {
        var weights = Random(Tokens, Places, 4);
        for (var i = 0; i < Ragged.Length; i++)
            if (Ragged[i] < 0) weights.Span[i] = 0;
        weights.NeedsGradient = true;
        return new Routing(chosen, weights, Random(Tokens, 4, 5), new Tensor(1, Tokens));
    }

    static Tensor Random(int rows, int columns, int seed)
    {
        var tensor = new Tensor(rows, columns);
        ModelInitialiser.FillNormal(tensor.Span, new Random(seed), 1);
        return tensor;
    }

    [Fact]
    public void Dispatch_gives_empty_places_no_row()
    {
        workspace.Begin(recording: false);
        var dispatch = Dispatch.Sort(workspace, Ragged, Places, 4);
        Assert.Equal([0, 3, 5, 9, 9], dispatch.Offsets[..5]);
        Assert.Equal([0, 3, 5, 2, 3, 0, 3, 4, 5], dispatch.Tokens.ToArray());
        Assert.Equal([5, 0, -1, -1, -1, -1, 3, -1, -1, 1, 4, 6, 7, -1, -1, 2, 8, -1], dispatch.Slots.ToArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_mixture_gives_what_full_rows_of_weight_zero_give_and_so_do_its_gradients(bool biased)
    {
        var spec = TinySpec.Mixture(width: 12) with { ExpertWidths = [4, 9, 12, 20], ExpertBias = biased };
        using var model = TinySpec.Model(TinySpec.Of(spec));
        foreach (var parameter in model.Parameters) parameter.Value.NeedsGradient = true;
        var mixture = model.Mixtures.Single();
        (float[] Y, float[] Dx, float[] Dw, float[] Parameters) Run(int[] chosen)
        {
            foreach (var parameter in model.Parameters) parameter.Value.Gradient?.Span.Clear();
            var x = Random(Tokens, TinySpec.Width, 1);
            x.NeedsGradient = true;
            var routing = Decisions(chosen);
            workspace.Begin(recording: true);
            var y = mixture.Follow(workspace, x, routing);
            Random(Tokens, TinySpec.Width, 2).Span.CopyTo(workspace.AddedGradient(y)!.Span);
            workspace.Backward();
            var dWeights = routing.Weights.Gradient!.Span.ToArray();
            return (y.Span.ToArray(), x.Gradient!.Span.ToArray(), [.. dWeights.Where((_, i) => Ragged[i] >= 0)],
                [.. model.Parameters.SelectMany(p => p.Value.Gradient is { } g ? g.Span.ToArray() : [])]);
        }
        var (full, ragged) = (Run(Full), Run(Ragged));
        Assert.Equal(full.Y, ragged.Y);
        Assert.All(ragged.Y[TinySpec.Width..(2 * TinySpec.Width)], y => Assert.Equal(0, y));
        Assert.Equal(full.Dw, ragged.Dw);
        Assert.InRange(Passes.MaxDifference(full.Dx, ragged.Dx), 0, 1e-5);
        Assert.InRange(Passes.MaxDifference(full.Parameters, ragged.Parameters), 0, 1e-4);
        Assert.Contains(ragged.Parameters, g => g != 0);
    }

    [Fact]
    public void A_pass_of_which_no_token_has_an_expert_is_zero()
    {
        using var model = TinySpec.Model(TinySpec.Of(TinySpec.Mixture() with { ExpertBias = true }));
        foreach (var parameter in model.Parameters) parameter.Value.NeedsGradient = true;
        var x = Random(Tokens, TinySpec.Width, 1);
        x.NeedsGradient = true;
        workspace.Begin(recording: true);
        var y = model.Mixtures.Single().Follow(workspace, x, Decisions([.. Full.Select(_ => -1)]));
        workspace.AddedGradient(y)!.Span.Fill(1);
        workspace.Backward();
        Assert.All(y.Span.ToArray(), v => Assert.Equal(0, v));
        Assert.All(x.Gradient?.Span.ToArray() ?? [], v => Assert.Equal(0, v));
    }

    [Fact]
    public void Attention_over_all_keys_gives_what_full_rows_of_weight_zero_give()
    {
        using var model = TinySpec.Model(TinySpec.Of(TinySpec.Dense()).With(AttentionCut.Spec(new AttentionSpec(8, 4, 6), 2, ExpertKeys.All)));
        var attention = (ExpertAttention)model.Blocks[0].Attention;
        Passes.Logits(model, Tokens);       // makes the table of angles
        float[] Run(int[] chosen)
        {
            workspace.Begin(recording: false);
            return attention.Follow(workspace, Random(Tokens, TinySpec.Width, 1), PassInput.Sequence(Passes.Tokens(Tokens)), Decisions(chosen))
                .Span.ToArray();
        }
        Assert.Equal(Run(Full), Run(Ragged));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_token_without_attention_is_not_there_for_the_others_when_keys_are_routed(bool keepFirst)
    {
        using var model = TinySpec.Model(TinySpec.Of(TinySpec.Dense())
            .With(AttentionCut.Spec(new AttentionSpec(8, 4, 6), 2, ExpertKeys.Routed, keepFirst)));
        var attention = (ExpertAttention)model.Blocks[0].Attention;
        Passes.Logits(model, Tokens);       // makes the table of angles
        var decisions = Decisions(Ragged);
        var all = Random(Tokens, TinySpec.Width, 1);
        workspace.Begin(recording: false);
        var with = attention.Follow(workspace, all, PassInput.Sequence(Passes.Tokens(Tokens)), decisions).Span.ToArray();

        var kept = new[] { 0, 2, 3, 4, 5 };
        var input = PassInput.Sequence(Passes.Tokens(kept.Length));
        input.Positions = kept;
        var fewer = new Tensor(kept.Length, TinySpec.Width, [.. kept.SelectMany(t => all.Row(t).ToArray())]);
        var weights = new Tensor(kept.Length, Places, [.. kept.SelectMany(t => decisions.Weights.Row(t).ToArray())]);
        workspace.Begin(recording: false);
        var without = attention.Follow(workspace, fewer, input, decisions with
        {
            Chosen = kept.SelectMany(t => Ragged[(t * Places)..((t + 1) * Places)]).ToArray(), Weights = weights,
        }).Span.ToArray();
        Assert.Equal(without, kept.SelectMany(t => with[(t * TinySpec.Width)..((t + 1) * TinySpec.Width)]));
        Assert.All(with[TinySpec.Width..(2 * TinySpec.Width)], v => Assert.Equal(0, v));
    }

    [Fact]
    public void Statistics_count_what_was_chosen()
    {
        var statistics = new RoutingStatistics(4);
        statistics.Add(Decisions(Ragged), new RouterSpec { Experts = 4, Chosen = 2 }, []);
        Assert.Equal([3, 2, 4, 0], statistics.Slots.ToArray());
        Assert.Equal((6, 1, 1.5, 1), (statistics.Tokens, statistics.Unrouted, statistics.PerToken, statistics.Dead));
        Assert.Equal(1, statistics.Load.Sum(), 1e-12);
    }
}

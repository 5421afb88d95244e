using Moesaic.Models.Experts;
using Moesaic.Models.Tests.Architectures;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests;

public class RecomputeTests
{
    static readonly Dictionary<string, ModelSpec> More = new()
    {
        ["experts of heads, all keys"] = TinySpec.Of(TinySpec.Mixture(), TinySpec.Dense()).With(AttentionCut.Spec(TinySpec.Attention, 1, ExpertKeys.All)),
        ["experts of heads, routed keys"] = TinySpec.Of(TinySpec.Dense(), TinySpec.Mixture()).With(AttentionCut.Spec(TinySpec.Attention, 1, ExpertKeys.Routed, true)),
        ["noisy router"] = TinySpec.Of(Noisy(), Noisy()),
        ["gpt-oss"] = TinySpec.GptOss(),
    };

    public static TheoryData<string> Names => [.. LayoutChoiceTests.Shapes.Keys.Concat(More.Keys)];

    static MixtureSpec Noisy()
    {
        var mixture = TinySpec.Mixture(affinity: RouterAffinity.SoftmaxAfterSelection);
        return mixture with { Router = mixture.Router with { Noise = RouterNoise.Learned } };
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradients_have_the_same_bits_and_decisions_are_counted_once(string name)
    {
        var spec = More.TryGetValue(name, out var more) ? more : LayoutChoiceTests.Shapes[name].Spec;
        using var model = TinySpec.Model(spec);
        foreach (var parameter in model.Parameters) parameter.Value.NeedsGradient = parameter.Role != ParameterRole.SelectionBias;
        var (kept, again) = (Pass(model, recompute: false), Pass(model, recompute: true));
        Assert.Equal(kept.Losses, again.Losses);
        Assert.Equal(kept.Gradients, again.Gradients);
        Assert.Contains(kept.Gradients, g => g != 0);
        Assert.Equal(kept.Counted, again.Counted);
        Assert.All(again.Counted, tokens => Assert.Equal(16, tokens));
    }

    static (float[] Losses, float[] Gradients, long[] Counted) Pass(Model model, bool recompute)
    {
        foreach (var parameter in model.Parameters) parameter.Value.Gradient?.Span.Clear();
        using var workspace = new Workspace();
        var input = Passes.Packed(2, Passes.Tokens(9, 1), Passes.Tokens(7, 2));
        input.Recompute = recompute;
        input.Objectives = new BalanceObjectives(0.1f, 0.01f);
        input.Noise = new NoiseDraw(3, 4, 5);
        RoutingStatistics[] experts = model.NewStatistics(), heads = model.NewAttentionStatistics();
        (input.Statistics, input.AttentionStatistics) = (experts, heads);
        workspace.Begin(recording: true);
        int[] targets = [.. Enumerable.Range(0, 18).Select(t => t < 16 ? (t * 5) % TinySpec.Vocabulary : -1)];
        var losses = workspace.CrossEntropy(model.Hidden(workspace, input), model.Head, targets, [.. Enumerable.Repeat(1f / 16, 18)]).Span.ToArray();
        workspace.Backward();
        return (losses, [.. model.Parameters.SelectMany(p => p.Value.Gradient?.Span.ToArray() ?? [])], [.. experts.Concat(heads).Select(s => s.Tokens)]);
    }
}

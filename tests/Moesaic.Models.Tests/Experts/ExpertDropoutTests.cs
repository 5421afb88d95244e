using Moesaic.Kernels;
using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests.Experts;

public class ExpertDropoutTests
{
    static readonly NoiseDraw Draw = new(Seed: 3, Step: 7, FirstToken: 0);

    [Theory]
    [InlineData(0.1f)]
    [InlineData(0.4f)]
    [InlineData(0.9f)]
    public void So_many_values_are_dropped_and_the_mean_stays(float rate)
    {
        var values = Drop(new ExpertDropout(rate, Draw), tokens: 400);
        Assert.Equal(rate, values.Count(v => v == 0) / (double)values.Length, 0.01);
        Assert.All(values.Where(v => v != 0), v => Assert.Equal(1 / (1 - rate), v));
        Assert.Equal(1, values.Average(), 0.05);
    }

    [Fact]
    public void Layers_steps_tokens_and_experts_have_draws_of_their_own()
    {
        var dropout = new ExpertDropout(0.5f, Draw);
        var first = Drop(dropout, 8);
        Assert.Equal(first, Drop(dropout, 8));
        Assert.NotEqual(first, Drop(dropout, 8, layer: 1));
        Assert.NotEqual(first, Drop(dropout with { Draw = Draw with { Step = 8 } }, 8));
        Assert.NotEqual(first, Drop(dropout with { Draw = Draw with { Seed = 4 } }, 8));
        // Width 31 of expert 0 and 40 of expert 1, a row for each token in either.
        Assert.NotEqual(first[..31], first[31..62]);
        Assert.NotEqual(first[..31], first[(8 * 31)..(9 * 31)]);
        // The second half of the tokens in a pass of its own.
        var second = Drop(dropout with { Draw = Draw with { FirstToken = 4 } }, 4);
        Assert.Equal(first[(4 * 31)..(8 * 31)], second[..(4 * 31)]);
    }

    [Theory]
    [InlineData("model.layers.1.mlp.experts.1.up_proj.weight")]
    [InlineData("model.layers.1.mlp.shared_experts.up_proj.weight")]
    public void Gradients_are_those_of_the_values_that_stayed(string name)
    {
        var mixture = TinySpec.Mixture(weight: CombineWeight.Raw, shared: 12);
        using var model = TinySpec.Model(TinySpec.Of(TinySpec.Dense(), mixture));
        var up = model[name];
        var input = PassInput.Sequence(Passes.Tokens(12));
        input.ExpertDropout = new ExpertDropout(0.5f, Draw);
        foreach (var parameter in model.Parameters) parameter.Value.NeedsGradient = true;
        using var workspace = new Workspace();
        workspace.Begin(recording: true);
        Loss(true);
        workspace.Backward();
        workspace.Reset();
        // Along its own gradient the loss rises by the square of its length.
        float[] kept = up.Span.ToArray(), gradient = up.Gradient!.Span.ToArray();
        var length = Math.Sqrt(gradient.Sum(g => (double)g * g));
        double At(double step)
        {
            for (var i = 0; i < kept.Length; i++) up.Span[i] = (float)(kept[i] + (step * gradient[i] / length));
            workspace.Begin(recording: false);
            return Loss(false);
        }

        Assert.Equal(length, (At(0.01) - At(-0.01)) / 0.02, 1e-3 * length);

        double Loss(bool seed)
        {
            var y = model.Hidden(workspace, input);
            if (seed) workspace.WrittenGradient(y, out _)!.Span.Fill(1);
            return y.Span.ToArray().Sum(v => (double)v);
        }
    }

    [Fact]
    public void Shared_experts_lose_values_too_with_draws_of_their_own()
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var inner = new Tensor(400, 31);
        inner.Span.Fill(1);
        new ExpertDropout(0.4f, Draw).Apply(workspace, inner, 0, expert: 2);
        Assert.Equal(0.4, inner.Span.Count(0f) / (400 * 31.0), 0.01);
        Assert.NotEqual(Drop(new ExpertDropout(0.4f, Draw), 8)[..31], inner.Row(0).ToArray());
        Assert.NotEqual(inner.Row(0).ToArray(), inner.Row(1).ToArray());

        // Of a mixture whose routed experts add nothing the shared ones are what is left.
        using var model = TinySpec.Model(TinySpec.Of(TinySpec.Mixture(shared: 24)));
        foreach (var parameter in model.Parameters.Where(p => p.Role == ParameterRole.Experts)) parameter.Value.Span.Clear();
        var input = PassInput.Sequence(Passes.Tokens(12));
        var plain = Passes.Logits(model, input);
        input.ExpertDropout = new ExpertDropout(0.4f, Draw);
        Assert.NotEqual(plain, Passes.Logits(model, input));
    }

    [Fact]
    public void Without_it_nothing_is_dropped_and_a_rate_of_zero_changes_no_bit()
    {
        using var model = TinySpec.Model(TinySpec.Of(TinySpec.Mixture()));
        var input = PassInput.Sequence(Passes.Tokens(12));
        var plain = Passes.Logits(model, input);
        input.ExpertDropout = new ExpertDropout(0, Draw);
        Assert.Equal(plain, Passes.Logits(model, input));
        input.ExpertDropout = new ExpertDropout(0.4f, Draw);
        Assert.NotEqual(plain, Passes.Logits(model, input));
    }

    // Ones through the dropout of two experts, both chosen by every token.
    static float[] Drop(ExpertDropout dropout, int tokens, int layer = 0)
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        int[] chosen = [.. Enumerable.Range(0, 2 * tokens).Select(i => i % 2)];
        var inner = new Tensor(1, tokens * 71);
        inner.Span.Fill(1);
        dropout.Apply(workspace, inner, Dispatch.Sort(workspace, chosen, 2, 2), [new Tensor(31, 3), new Tensor(40, 3)], layer);
        return inner.Span.ToArray();
    }
}

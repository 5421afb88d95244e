using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Models.Architectures;
using Moesaic.Models.Experts;
using Moesaic.Models.Loading;
using Moesaic.Tensors;

namespace Moesaic.Parity.Tests;

/// <summary>Logits, losses, routing and all gradients against PyTorch, per architecture and per tensor.</summary>
public class ArchitectureParityTests
{
    const double Tolerance = 1e-4;      // of ‖a − b‖ / ‖b‖
    internal const float Balance = 0.01f, Z = 0.001f;

    public static TheoryData<string> Cases => [.. GoldenCase.Names];

    [Fact]
    public void An_architecture_says_that_it_was_compared_when_it_has_a_case() => Assert.Equal(
        ArchitectureRegistry.All.Where(a => a.VerifiedBy.HasFlag(Oracles.PyTorch)).Select(a => a.ModelType).Order(),
        GoldenCase.Names.Select(n => { using var golden = new GoldenCase(n); return ArchitectureRegistry.Of(HfFolder.OpenConfig(golden.Folder)).ModelType; }).Distinct().Order());

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_agree(string name)
    {
        using var golden = new GoldenCase(name);
        using var loaded = ModelFolder.Load(golden.Folder);
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var logits = loaded.Model.Logits(workspace, loaded.Model.Hidden(workspace, golden.Input()));
        AssertClose(golden.Floats("logits"), logits.Span, "logits");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_agree(string name)
    {
        using var golden = new GoldenCase(name);
        Compare(golden, null, "loss_plain", "grad.");
        if (golden.HasAuxiliaryLosses) Compare(golden, new BalanceObjectives(Balance, Z), "loss_with_aux", "grad_with_aux.");
    }

    internal static void Compare(GoldenCase golden, BalanceObjectives? objectives, string lossName, string prefix)
    {
        using var loaded = ModelFolder.Load(golden.Folder);
        var model = loaded.Model;
        foreach (var parameter in model.Parameters) parameter.Value.NeedsGradient = parameter.Role != ParameterRole.SelectionBias;
        var input = golden.Input();
        input.Objectives = objectives;
        RoutingStatistics[] statistics = model.NewStatistics(), attention = model.NewAttentionStatistics();
        (input.Statistics, input.AttentionStatistics) = (statistics, attention);
        var targets = golden.Integers("targets");
        var weights = new float[targets.Length];
        var counted = targets.Count(t => t >= 0);
        Array.Fill(weights, 1f / counted);

        using var workspace = new Workspace();
        workspace.Begin(recording: true);
        var losses = workspace.CrossEntropy(model.Hidden(workspace, input), model.Head, targets, weights);
        double loss = losses.Span.ToArray().Sum(l => (double)l) / counted;
        workspace.Backward();

        if (objectives is not null) loss += statistics.Concat(attention).Sum(s => (Balance * s.LoadBalance) + (Z * s.ZLoss));
        Assert.Equal(golden.Floats(lossName)[0], loss, Tolerance);
        var architecture = ArchitectureRegistry.All.Single(a => a.ModelType == loaded.Layout);
        foreach (var parameter in model.Parameters.Where(p => p.Value.NeedsGradient))
        {
            var expected = golden.Gradient(prefix, architecture, model.Spec, parameter.Name);
            if (parameter.Value.Gradient is null)       // the weight of a noise that this pass does not have
            {
                Assert.All(expected, g => Assert.Equal(0, g));
                continue;
            }
            Assert.Equal(expected.Length, parameter.Value.Gradient.Count);
            AssertClose(expected, parameter.Value.Gradient.Span, parameter.Name);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Routing_agrees(string name)
    {
        using var golden = new GoldenCase(name);
        using var loaded = ModelFolder.Load(golden.Folder);
        var model = loaded.Model;
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var statistics = model.NewStatistics();
        var input = golden.Input();
        input.Statistics = statistics;
        model.Hidden(workspace, input);
        var mixture = 0;
        foreach (var layer in model.Spec.MixtureLayers)
        {
            var chosen = golden.Integers($"chosen.{layer}");
            var slots = new long[statistics[mixture].Experts];
            foreach (var e in chosen) slots[e]++;
            Assert.Equal(slots, statistics[mixture++].Slots.ToArray());
        }
    }

    internal static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double difference = 0, norm = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            difference += Math.Pow((double)actual[i] - expected[i], 2);
            norm += Math.Pow(expected[i], 2);
        }
        // An idle expert's gradient is zero and has no relative error.
        var error = norm == 0 ? Math.Sqrt(difference) : Math.Sqrt(difference / norm);
        Assert.True(error <= Tolerance, $"{what}: relative error {error:g3} exceeds {Tolerance}");
    }
}

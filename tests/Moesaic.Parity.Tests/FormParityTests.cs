using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Models.Loading;
using Moesaic.Tensors;

namespace Moesaic.Parity.Tests;

/// <summary>
/// Activations, biases, mixed shared experts and experts of different widths against PyTorch: logits, routing, losses and the
/// gradient of every weight.
/// </summary>
public class FormParityTests
{
    public static TheoryData<string> Cases => [.. GoldenCase.NamesIn("forms")];

    [Fact]
    public void Every_form_has_a_case()
    {
        var mixtures = Cases.Select(c => { using var golden = new GoldenCase(c); return (MixtureSpec)ModelFolder.ReadSpec(golden.Folder).Layers[1].FeedForward; }).ToList();
        Assert.Equal(Enum.GetValues<Activation>(), mixtures.Select(m => m.Activation).Distinct().Order());
        Assert.Contains(mixtures, m => m is { SharedGate: SharedGate.Mix, Activation: Activation.Swiglu });
        Assert.Contains(mixtures, m => m is { SharedGate: SharedGate.Mix, Activation: not Activation.Swiglu });
        Assert.Contains(mixtures, m => m is { ExpertBias: true, Activation: not Activation.Swiglu });
        Assert.Contains(mixtures, m => m is { UniformWidth: null, Activation: Activation.Swiglu });
        Assert.Contains(mixtures, m => m is { UniformWidth: null, Activation: not Activation.Swiglu });
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_and_routing_agree(string name)
    {
        using var golden = new GoldenCase(name);
        using var loaded = ModelFolder.Load(golden.Folder);
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var input = golden.Input();
        var statistics = loaded.Model.NewStatistics();
        input.Statistics = statistics;
        var logits = loaded.Model.Logits(workspace, loaded.Model.Hidden(workspace, input));
        ArchitectureParityTests.AssertClose(golden.Floats("logits"), logits.Span, "logits");
        var chosen = golden.Integers("chosen.1");
        Assert.Equal(Enumerable.Range(0, 4).Select(e => chosen.LongCount(c => c == e)), statistics[0].Slots.ToArray());
        Assert.Equal(name.Contains("uneven", StringComparison.Ordinal) ? 1 : 0, statistics[0].Dead);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_agree(string name)
    {
        using var golden = new GoldenCase(name);
        ArchitectureParityTests.Compare(golden, null, "loss_plain", "grad.");
        ArchitectureParityTests.Compare(golden, new BalanceObjectives(ArchitectureParityTests.Balance, ArchitectureParityTests.Z),
            "loss_with_aux", "grad_with_aux.");
    }
}

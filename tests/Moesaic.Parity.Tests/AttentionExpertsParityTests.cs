using Moesaic.Models.Experts;
using Moesaic.Models.Loading;
using Moesaic.Tensors;

namespace Moesaic.Parity.Tests;

/// <summary>Attention experts with packed segments against PyTorch: logits, routing, losses and the gradient of every weight.</summary>
public class AttentionExpertsParityTests
{
    public static TheoryData<string> Cases => [.. GoldenCase.NamesIn("attention-experts")];

    [Fact]
    public void Every_kind_of_keys_has_a_case() =>
        Assert.Equal(["all-keys", "routed-keys", "routed-keys-first-kept", "shared-keys", "shared-keys-one-head"], Cases.Select(c => Path.GetFileName((string)c)));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_and_routing_agree(string name)
    {
        using var golden = new GoldenCase(name);
        using var loaded = ModelFolder.Load(golden.Folder);
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var input = golden.Input();
        var statistics = loaded.Model.NewAttentionStatistics();
        input.AttentionStatistics = statistics;
        var logits = loaded.Model.Logits(workspace, loaded.Model.Hidden(workspace, input));
        ArchitectureParityTests.AssertClose(golden.Floats("logits"), logits.Span, "logits");
        for (var layer = 0; layer < statistics.Length; layer++)
            Assert.Equal(Enumerable.Range(0, 4).Select(e => golden.Integers($"chosen.{layer}").LongCount(c => c == e)), statistics[layer].Slots.ToArray());
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

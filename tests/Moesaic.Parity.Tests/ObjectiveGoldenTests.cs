using System.Runtime.InteropServices;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Models.Experts.Objectives;
using Moesaic.Tensors;

namespace Moesaic.Parity.Tests;

/// <summary>Router objectives against PyTorch's autograd. The router's weight is the identity, so that what goes in are the logits.</summary>
public sealed class ObjectiveGoldenTests
{
    static readonly Dictionary<string, BalanceTerm> Terms = new()
    {
        ["load_balance"] = new(new LoadBalance(), 1),
        ["first"] = new(new LoadBalance(LoadCount.First), 1),
        ["group_balance"] = new(new GroupBalance(4), 1),
        ["sequence_load_balance"] = new(new LoadBalance(), 1, BalanceOver.Sequences),
        ["soft_balance"] = new(new SoftBalance(), 1),
        ["z_loss"] = new(new ZLoss(), 1),
        ["mutual_information"] = new(new MutualInformation(), 1),
        ["variance"] = new(new ClusterVariance(VarianceForm.All), 1),
        ["clusters"] = new(new ClusterVariance(VarianceForm.Clusters, 4), 1),
        ["apart"] = new(new ClusterVariance(VarianceForm.Apart, 4), 1),
        ["importance"] = new(new ImportanceVariation(), 1),
    };

    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var name in new[] { "softmax-3of8", "sigmoid-2of8" })
            foreach (var objective in Terms.Keys) cases.Add(name, objective);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Value_and_gradient_are_those_of_the_formula(string name, string objective)
    {
        using var golden = TensorStore.Open(Path.Combine(AppContext.BaseDirectory, "Golden", "objectives", name + ".safetensors"));
        var sigmoid = name.StartsWith("sigmoid", StringComparison.Ordinal);
        var spec = new RouterSpec
        {
            Experts = 8, Chosen = sigmoid ? 2 : 3, Scale = 2, Affinity = sigmoid ? RouterAffinity.Sigmoid : RouterAffinity.SoftmaxBeforeSelection,
        };
        var values = Floats("logits");
        using var weight = new Tensor(8, 8);
        for (var e = 0; e < 8; e++) weight.Row(e)[e] = 1;
        var router = new Router(spec, weight);
        using var logits = new Tensor(values.Length / 8, 8, values) { NeedsGradient = true };
        var sequence = MemoryMarshal.Cast<byte, int>(golden.Bytes("sequence")).ToArray();
        var split = sequence.Count(s => s == 0);
        var ledger = new BalanceLedger([Terms[objective]]);
        using var workspace = new Workspace();
        workspace.Begin(recording: true);
        var routing = router.Route(workspace, logits, new PassInput
        {
            Tokens = default, Positions = default,
            Segments = new AttentionSegment[] { new(0, split, 0, split), new(split, sequence.Length - split, split, sequence.Length - split) },
            Counted = MemoryMarshal.Cast<byte, int>(golden.Bytes("counted")).ToArray().Select(c => c != 0).ToArray(),
            Objectives = new BalanceObjectives([Terms[objective]]) { Found = ledger },
        }, null);
        workspace.AddedGradient(routing.Weights);
        workspace.Backward();

        Assert.Equal(Floats("value." + objective)[0], ledger.Values(router)[0], 2e-6);
        var expected = Floats("grad." + objective);
        Assert.Contains(expected, g => Math.Abs(g) > 1e-4);
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], logits.Gradient!.Span[i], 2e-6f);

        float[] Floats(string tensor)
        {
            var numbers = new float[golden.Info(tensor).ElementCount];
            golden.Read(tensor, numbers);
            return numbers;
        }
    }
}

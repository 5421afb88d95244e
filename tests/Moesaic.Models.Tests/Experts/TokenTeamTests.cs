using Moesaic.Kernels;
using Moesaic.Models.Experts;
using Moesaic.Models.Experts.Objectives;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests.Experts;

/// <summary>Routers decide the same, and have the same gradients to the bit, for any number of threads.</summary>
public class TokenTeamTests
{
    const int Tokens = 700, Experts = 8, Width = 12;

    static readonly RouterSpec Plain = new() { Experts = Experts, Chosen = 2, Weight = CombineWeight.Raw };

    static readonly Dictionary<string, RouterSpec> Specs = new()
    {
        ["plain"] = Plain,
        ["gain"] = Plain with { Weight = CombineWeight.One },
        ["sigmoid in groups"] = Plain with { Affinity = RouterAffinity.Sigmoid, Groups = new(4, 2, GroupScore.SumOfBestTwo) },
        ["relu"] = Plain with { Affinity = RouterAffinity.Relu, Selection = new(SelectionKind.Positive) },
        ["sampled, capacity, jitter"] = Plain with
        {
            Weight = CombineWeight.Renormalised,
            Training = new()
            {
                InputJitter = 0.1f, Selection = new(SelectionKind.SecondSampled) { Threshold = 0.5f }, Capacity = new(0.8f) { Order = CapacityOrder.Random },
            },
        },
        ["expert choice"] = Plain with { Selection = new(SelectionKind.ExpertChoice) },
        ["gain, all"] = Plain with { Weight = CombineWeight.One, Selection = new(SelectionKind.All) },
    };

    public static TheoryData<string> Names => [.. Specs.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_number_of_threads_changes_no_bit(string name)
    {
        var before = WorkerTeam.Threads;
        try
        {
            var (chosen, bits) = Run(Specs[name], 1);
            foreach (var threads in new[] { 2, 3 })
            {
                var (sameChosen, sameBits) = Run(Specs[name], threads);
                Assert.Equal(chosen, sameChosen);
                Assert.Equal(bits, sameBits);
            }
        }
        finally
        {
            WorkerTeam.Threads = before;
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(1000)]
    public void Every_token_is_done_once(int tokens)
    {
        var times = new int[tokens];
        TokenTeam.Run(new Count(times), tokens);
        Assert.All(times, t => Assert.Equal(1, t));
    }

    readonly record struct Count(int[] Times) : ITokenWork
    {
        public void Run(int first, int end)
        {
            for (var t = first; t < end; t++) Interlocked.Increment(ref Times[t]);
        }
    }

    static (int[] Chosen, int[] Bits) Run(RouterSpec spec, int threads)
    {
        WorkerTeam.Threads = threads;
        using var workspace = new Workspace();
        workspace.Begin(recording: true);
        Tensor weight = Differences.Random(Experts, Width, 1), x = Differences.Random(Tokens, Width, 2);
        var gain = spec.Weight == CombineWeight.One ? Differences.Random(1, Experts, 3) : null;
        foreach (var leaf in new[] { weight, x, gain }.OfType<Tensor>()) leaf.NeedsGradient = true;
        var router = new Router(spec, new LinearScore(weight), gain: gain);
        var input = PassInput.Sequence(new int[Tokens]);
        (input.Training, input.Noise) = (true, new NoiseDraw(5, 6, 0));
        input.Objectives = new BalanceObjectives([
            new(new LoadBalance(), 0.1f), new(new ZLoss(), 0.1f), new(new MutualInformation(), 0.1f), new(new LoadBalance(), 0.2f, BalanceOver.Sequences)]);
        var routing = router.Route(workspace, x, input, null);
        Differences.Random(routing.Weights.Rows, routing.Weights.Columns, 4).Span.CopyTo(workspace.WrittenGradient(routing.Weights, out _)!.Span);
        workspace.Backward();
        int[] bits = [.. new[] { routing.Weights, routing.Probabilities, x.Gradient, weight.Gradient, gain?.Gradient }.OfType<Tensor>()
            .SelectMany(t => t.Span.ToArray()).Select(BitConverter.SingleToInt32Bits)];
        var chosen = routing.Chosen.ToArray();
        workspace.Reset();
        return (chosen, bits);
    }
}

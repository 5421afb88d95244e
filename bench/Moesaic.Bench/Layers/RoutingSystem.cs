using Moesaic.Methods.Training.Balance;
using Moesaic.Models;
using Moesaic.Models.Experts.Objectives;

namespace Moesaic.Bench.Layers;

/// <summary>A published way to route, as its preset has it.</summary>
/// <param name="Name">Of the preset.</param>
/// <param name="Router">Its router.</param>
/// <param name="Terms">Its objectives.</param>
/// <param name="Balance">What else a training step does about balance, or null.</param>
sealed record RoutingSystem(string Name, RouterSpec Router, BalanceTerm[] Terms, BalanceOptions? Balance = null)
{
    static BalanceTerm Load(LoadCount count) => new(new LoadBalance(count), 0.01f);

    public static RoutingSystem[] All { get; } =
    [
        new("mixtral", new() { Experts = 8, Chosen = 2 }, [Load(LoadCount.Tokens)]),
        new("deepseek_moe", new() { Experts = 64, Chosen = 6, Weight = CombineWeight.Raw }, [Load(LoadCount.Share)]),
        new("switch", new()
        {
            Experts = 16, Chosen = 1, Weight = CombineWeight.Raw, Group = RoutingGroup.Pass,
            Training = new() { InputJitter = 0.01f, Capacity = new(1.25f) { Order = CapacityOrder.Position, PerChoice = false } },
        }, [Load(LoadCount.First)]),
        new("gshard", new()
        {
            Experts = 16, Chosen = 2, Group = RoutingGroup.Pass,
            Training = new()
            {
                Selection = new(SelectionKind.SecondSampled) { Threshold = 0.5f }, Capacity = new(1.25f) { Order = CapacityOrder.FirstChoices },
            },
        }, [Load(LoadCount.First)]),
        new("expert_choice", new()
        {
            Experts = 16, Chosen = 2, Weight = CombineWeight.Raw, Group = RoutingGroup.Pass,
            Training = new() { Selection = new(SelectionKind.ExpertChoice) },
        }, []),
        new("remoe", new()
        {
            Experts = 8, Chosen = 1, Affinity = RouterAffinity.Relu, Selection = new(SelectionKind.Positive), Weight = CombineWeight.Raw,
        }, [new(new ReluSparsity(), 1e-6f)], new() { Sparsity = new() }),
        new("loss_free", new()
        {
            Experts = 64, Chosen = 7, Affinity = RouterAffinity.Sigmoid, SelectionBias = true, Groups = new(8, 4, GroupScore.SumOfBestTwo), Scale = 2.5f,
        }, [new(new LoadBalance(), 1e-4f, BalanceOver.Sequences)], new() { SequenceBalance = 1e-4, SelectionBias = new() }),
        new("ds_moe", new()
        {
            Experts = 32, Chosen = 8, Weight = CombineWeight.Raw, Training = new() { Selection = new(SelectionKind.All) },
        }, [new(new MutualInformation(), 6e-4f)], new() { MutualInformation = 6e-4 }),
    ];
}

using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>What a router decided for T tokens. Lives until the pass ends.</summary>
/// <param name="Chosen">
/// T·K expert numbers, a token's best first, none twice; K is the most of any token of the pass, at least 1, and a token that has fewer
/// fills its last places with −1. A token may have none.
/// </param>
/// <param name="Weights">[T, K] combine weights, scale included; 0 in an empty place.</param>
/// <param name="Probabilities">[T, E] affinities over all experts, summing to 1: softmax, or sigmoids divided by their sum.</param>
/// <param name="LogSumExp">[1, T] of the logits.</param>
public readonly record struct Routing(ReadOnlyMemory<int> Chosen, Tensor Weights, Tensor Probabilities, Tensor LogSumExp)
{
    /// <summary>[T, 1] combine weights of the tokens' own inputs, or null where these have none.</summary>
    public Tensor? Own { get; init; }

    /// <summary>T numbers of choices that a token lost to a capacity; empty without one.</summary>
    public ReadOnlyMemory<int> Dropped { get; init; }

    /// <summary>
    /// As <see cref="Chosen"/>, in rows of <see cref="WantedWidth"/>, before a capacity took choices away; empty without one, where all that is
    /// wanted is chosen.
    /// </summary>
    public ReadOnlyMemory<int> Wanted { get; init; }

    /// <summary>Places of a token in <see cref="Wanted"/>.</summary>
    public int WantedWidth { get; init; }
}

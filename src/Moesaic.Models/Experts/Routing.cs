using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>What a router decided for T tokens. Lives until the pass ends.</summary>
/// <param name="Chosen">T·K expert numbers, a token's best first.</param>
/// <param name="Weights">[T, K] combine weights, scale included.</param>
/// <param name="Probabilities">[T, E] affinities over all experts, summing to 1: softmax, or sigmoids divided by their sum.</param>
/// <param name="LogSumExp">[1, T] of the logits.</param>
public readonly record struct Routing(ReadOnlyMemory<int> Chosen, Tensor Weights, Tensor Probabilities, Tensor LogSumExp);

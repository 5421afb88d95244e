using System.ComponentModel.DataAnnotations;

namespace Moesaic.Methods.Training.Balance;

/// <summary>
/// A loss on the outputs of routers with ReLU, of busy experts more than of idle ones; its coefficient is multiplied by a factor after a step
/// in which more experts were active than K per token, and divided by it after one with fewer (ReMoE, Wang et al. 2024). The first hundred
/// steps or so of a new model are nearly dense, in time and memory. The coefficient is in the model folder, for a training that goes on.
/// </summary>
public sealed record SparsityOptions
{
    /// <summary>Coefficient of a model that was not trained with it before.</summary>
    [Range(1e-30, 1e6)]
    public double Start { get; init; } = 1e-8;

    /// <summary>Factor of a step.</summary>
    [Range(1.0, 100.0)]
    public double Factor { get; init; } = 1.2;
}

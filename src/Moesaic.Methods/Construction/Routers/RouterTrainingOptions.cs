using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Construction.Routers;

/// <summary>What a router is trained to say.</summary>
public enum RouterTarget
{
    /// <summary>Each of the K experts with the most energy: yes, each other: no (binary cross-entropy).</summary>
    TopK,

    /// <summary>The softmax of the energies (Kullback-Leibler divergence).</summary>
    Softmax,
}

/// <summary>How routers are trained on the energy of experts.</summary>
public sealed record RouterTrainingOptions
{
    /// <summary>What is learned.</summary>
    public RouterTarget Target { get; init; } = RouterTarget.TopK;

    /// <summary>What counts as energy.</summary>
    public EnergyKind Energy { get; init; } = EnergyKind.Absolute;

    /// <summary>Passes over the calibration tokens.</summary>
    [Unit("epochs")]
    [Range(1, 100_000)]
    public int Epochs { get; init; } = 30;

    /// <summary>Tokens per step.</summary>
    [Unit("tokens")]
    [Range(1, 1 << 24)]
    public int Batch { get; init; } = 512;

    /// <summary>Of AdamW at the beginning; halved whenever three epochs brought nothing.</summary>
    [Range(0.0, 10.0)]
    public double LearningRate { get; init; } = 0.01;
}

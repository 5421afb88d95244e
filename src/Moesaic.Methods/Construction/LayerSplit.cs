using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using Moesaic.Methods.Construction.Routers;

namespace Moesaic.Methods.Construction;

/// <summary>How one feed-forward layer is divided. Neuron j is row j of the gate and up and column j of the down projection.</summary>
public sealed record LayerSplit
{
    /// <summary>Number of the layer, from 0.</summary>
    public required int Layer { get; init; }

    /// <summary>Width of the source layer, F.</summary>
    public required int Width { get; init; }

    /// <summary>
    /// Width with padding, F or more: neurons <see cref="Width"/> .. PaddedWidth − 1 have zero weights and change nothing.
    /// </summary>
    public required int PaddedWidth { get; init; }

    /// <summary>Neurons of the shared experts together, in their order; empty for none.</summary>
    public int[] Shared { get; init; } = [];

    /// <summary>Neurons of each routed expert, in their order.</summary>
    public required int[][] Experts { get; init; }

    /// <summary>
    /// Whether a neuron may be in several experts or in none; else every neuron is in exactly one. <see cref="Coverage"/> says how many have a place.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Overlapping { get; init; }

    /// <summary>What the routed experts' combine weights are multiplied by. Default 1.</summary>
    public float Scale { get; init; } = 1;

    /// <summary>
    /// Router weights as little-endian float32, row by row (base64 in JSON): [E, D], with <see cref="Moesaic.Models.RouterScore.Mlp"/>
    /// followed by [E, E]; null: drawn from the plan's seed.
    /// </summary>
    public byte[]? Router { get; init; }

    /// <summary>What was measured while the plan was made, for people; null when nothing was.</summary>
    public SplitMeasures? Measured { get; init; }

    /// <summary>The router weights as numbers; empty when the plan gives none.</summary>
    [JsonIgnore]
    public ReadOnlySpan<float> RouterRows => MemoryMarshal.Cast<byte, float>(Router);

    /// <summary>The fraction of the layer's neurons that are in an expert, shared or routed.</summary>
    [JsonIgnore]
    public double Coverage => (double)Experts.SelectMany(e => e).Concat(Shared).Where(j => j < Width).Distinct().Count() / Width;

    /// <summary>A copy with these router weights.</summary>
    /// <param name="rows">See <see cref="Router"/>.</param>
    public LayerSplit WithRouter(ReadOnlySpan<float> rows) => this with { Router = MemoryMarshal.AsBytes(rows).ToArray() };
}

/// <summary>What was measured of a layer on the calibration tokens. Applying a plan does not need it.</summary>
public sealed record SplitMeasures
{
    /// <summary>Fraction of the tokens whose first choice by the router is their cluster.</summary>
    public double? Agreement { get; init; }

    /// <summary>
    /// Of the K experts with the most energy (<see cref="ExpertEnergy"/>) for a token, the fraction that the router chooses; K/E for one
    /// that knows nothing.
    /// </summary>
    public double? EnergyAgreement { get; init; }

    /// <summary>Standard deviation over mean of the tokens per expert, by the router's first choice.</summary>
    public double? LoadVariation { get; init; }

    /// <summary>|y − split(x)|² / |y|² with the fitted scale: 0 is exact, 1 as bad as no layer.</summary>
    public double? Error { get; init; }
}

using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

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

    /// <summary>What the routed experts' combine weights are multiplied by. Default 1.</summary>
    public float Scale { get; init; } = 1;

    /// <summary>
    /// Router weights [E, D] as little-endian float32, row by row (base64 in JSON); null: drawn from the plan's seed.
    /// </summary>
    public byte[]? Router { get; init; }

    /// <summary>The router weights as numbers, or null.</summary>
    [JsonIgnore]
    public ReadOnlySpan<float> RouterRows => MemoryMarshal.Cast<byte, float>(Router);

    /// <summary>A copy with these router weights.</summary>
    /// <param name="rows">[E, D].</param>
    public LayerSplit WithRouter(ReadOnlySpan<float> rows) => this with { Router = MemoryMarshal.AsBytes(rows).ToArray() };
}

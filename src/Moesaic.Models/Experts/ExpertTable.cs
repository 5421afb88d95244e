using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>What the experts compute: SwiGLU triples, each with its own width.</summary>
/// <param name="gates">Per expert [Fₑ, D].</param>
/// <param name="ups">Per expert [Fₑ, D].</param>
/// <param name="downs">Per expert [D, Fₑ].</param>
/// <param name="biases">Biases of the three, or null.</param>
/// <param name="clamp">How large values are cut off, or null for plain SwiGLU.</param>
public sealed class ExpertTable(
    IReadOnlyList<WeightMatrix> gates, IReadOnlyList<WeightMatrix> ups, IReadOnlyList<WeightMatrix> downs,
    ExpertBiases? biases = null, SwiGluClamp? clamp = null)
{
    // Arrays: while a token is decoded, calls through the interface are what remains of an idle expert.
    readonly WeightMatrix[] gateOf = [.. gates], upOf = [.. ups], downOf = [.. downs];

    /// <summary>Per expert [Fₑ, D].</summary>
    public IReadOnlyList<WeightMatrix> Gates => gateOf;

    /// <summary>Per expert [Fₑ, D].</summary>
    public IReadOnlyList<WeightMatrix> Ups => upOf;

    /// <summary>Per expert [D, Fₑ].</summary>
    public IReadOnlyList<WeightMatrix> Downs => downOf;

    /// <summary>Biases of the projections, or null.</summary>
    public ExpertBiases? Biases { get; } = biases;

    /// <summary>Computes every expert on its rows.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="rows">[R, D], sorted by expert.</param>
    /// <param name="offsets">E+1 row numbers.</param>
    /// <returns>[R, D].</returns>
    public Tensor Forward(Workspace workspace, Tensor rows, int[] offsets)
    {
        var (gate, up) = workspace.GroupedLinear(rows, offsets, gateOf, upOf);
        if (Biases is not null)
        {
            workspace.AddGroupedBias(gate, offsets, Biases.Gates);
            workspace.AddGroupedBias(up, offsets, Biases.Ups);
        }
        var inner = clamp is null ? workspace.SwiGlu(gate, up) : workspace.SwiGlu(gate, up, clamp.Limit, clamp.Slope);
        var outputs = workspace.GroupedLinear(inner, offsets, downOf);
        if (Biases is not null) workspace.AddGroupedBias(outputs, offsets, Biases.Downs);
        return outputs;
    }
}

/// <summary>Biases of routed experts.</summary>
/// <param name="Gates">Per expert [1, Fₑ].</param>
/// <param name="Ups">Per expert [1, Fₑ].</param>
/// <param name="Downs">Per expert [1, D].</param>
public sealed record ExpertBiases(Tensor[] Gates, Tensor[] Ups, Tensor[] Downs);

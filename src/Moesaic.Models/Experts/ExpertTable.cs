using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>What the experts compute: SwiGLU triples, each with its own width.</summary>
/// <param name="gates">Per expert [Fₑ, D].</param>
/// <param name="ups">Per expert [Fₑ, D].</param>
/// <param name="downs">Per expert [D, Fₑ].</param>
public sealed class ExpertTable(
    IReadOnlyList<WeightMatrix> gates, IReadOnlyList<WeightMatrix> ups, IReadOnlyList<WeightMatrix> downs)
{
    // Arrays: while a token is decoded, calls through the interface are what remains of an idle expert.
    readonly WeightMatrix[] gateOf = [.. gates], upOf = [.. ups], downOf = [.. downs];

    /// <summary>Per expert [Fₑ, D].</summary>
    public IReadOnlyList<WeightMatrix> Gates => gateOf;

    /// <summary>Per expert [Fₑ, D].</summary>
    public IReadOnlyList<WeightMatrix> Ups => upOf;

    /// <summary>Per expert [D, Fₑ].</summary>
    public IReadOnlyList<WeightMatrix> Downs => downOf;

    /// <summary>Computes every expert on its rows.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="rows">[R, D], sorted by expert.</param>
    /// <param name="offsets">E+1 row numbers.</param>
    /// <returns>[R, D].</returns>
    public Tensor Forward(Workspace workspace, Tensor rows, int[] offsets)
    {
        var (gate, up) = workspace.GroupedLinear(rows, offsets, gateOf, upOf);
        return workspace.GroupedLinear(workspace.SwiGlu(gate, up), offsets, downOf);
    }
}

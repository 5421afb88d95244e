using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>What the experts compute: gate, up and down projections or the latter two, each expert with its own width.</summary>
/// <param name="gates">Per expert [Fₑ, D]; none without SwiGLU.</param>
/// <param name="ups">Per expert [Fₑ, D].</param>
/// <param name="downs">Per expert [D, Fₑ].</param>
/// <param name="biases">Biases of the three, or null.</param>
/// <param name="clamp">How large values are cut off, or null for plain SwiGLU.</param>
/// <param name="activation">Between the projections.</param>
public sealed class ExpertTable(
    IReadOnlyList<WeightMatrix> gates, IReadOnlyList<WeightMatrix> ups, IReadOnlyList<WeightMatrix> downs,
    ExpertBiases? biases = null, SwiGluClamp? clamp = null, Activation activation = Activation.Swiglu)
{
    // Arrays: while a token is decoded, calls through the interface are what remains of an idle expert.
    readonly WeightMatrix[] gateOf = [.. gates], upOf = [.. ups], downOf = [.. downs];

    /// <summary>Per expert [Fₑ, D]; empty without SwiGLU.</summary>
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
    /// <param name="dispatch">Whose rows they are.</param>
    /// <param name="dropout">Of what the neurons hold, or null.</param>
    /// <param name="layer">Number of the layer, for the dropout.</param>
    /// <returns>[R, D].</returns>
    public Tensor Forward(Workspace workspace, Tensor rows, in Dispatch dispatch, ExpertDropout? dropout = null, int layer = 0)
    {
        var offsets = dispatch.Offsets;
        var inner = activation == Activation.Swiglu ? Gated(workspace, rows, offsets) : Ungated(workspace, rows, offsets);
        if (dropout is { } drop) drop.Apply(workspace, inner, dispatch, upOf, layer);
        var outputs = workspace.GroupedLinear(inner, offsets, downOf);
        if (Biases is not null) workspace.AddGroupedBias(outputs, offsets, Biases.Downs);
        return outputs;
    }

    Tensor Gated(Workspace workspace, Tensor rows, int[] offsets)
    {
        var (gate, up) = workspace.GroupedLinear(rows, offsets, gateOf, upOf);
        if (Biases is not null)
        {
            workspace.AddGroupedBias(gate, offsets, Biases.Gates);
            workspace.AddGroupedBias(up, offsets, Biases.Ups);
        }
        return clamp is null ? workspace.SwiGlu(gate, up) : workspace.SwiGlu(gate, up, clamp.Limit, clamp.Slope);
    }

    Tensor Ungated(Workspace workspace, Tensor rows, int[] offsets)
    {
        var up = workspace.GroupedLinear(rows, offsets, upOf);
        if (Biases is not null) workspace.AddGroupedBias(up, offsets, Biases.Ups);
        return workspace.Activate(activation.Kind(), up);
    }
}

/// <summary>Biases of routed experts.</summary>
/// <param name="Gates">Per expert [1, Fₑ]; none without SwiGLU.</param>
/// <param name="Ups">Per expert [1, Fₑ].</param>
/// <param name="Downs">Per expert [1, D].</param>
public sealed record ExpertBiases(Tensor[] Gates, Tensor[] Ups, Tensor[] Downs);

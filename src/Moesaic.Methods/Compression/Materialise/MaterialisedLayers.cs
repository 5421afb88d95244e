using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Tensors;

namespace Moesaic.Methods.Compression.Materialise;

/// <summary>A model in its plain shape, layer by layer: what the source has as it is, zeros for what it does not have.</summary>
/// <param name="source">Not owned.</param>
/// <param name="shape">With as many layers.</param>
sealed class MaterialisedLayers(ModelPieces source, ModelSpec shape) : ModelPieces
{
    public override ModelSpec Spec => shape;

    public override Model Embedding() => source.Embedding();

    public override Model Head() => source.Head();

    public override Model Layer(int layer)
    {
        using var whole = source.Layer(layer);
        var there = whole.Parameters.ToDictionary(p => p.Name, p => p.Matrix, StringComparer.Ordinal);
        var piece = new Model(shape with { Layers = [shape.Layers[layer]] }, (_, role, rows, columns) =>
            role is ParameterRole.Embeddings or ParameterRole.Head ? new AbsentMatrix(rows, columns) : new Tensor(rows, columns));
        foreach (var parameter in piece.Parameters)
        {
            if (parameter.Matrix is not Tensor target) continue;
            if (there.GetValueOrDefault(parameter.Name) is Tensor from) Copy(from, target, parameter);
            // Of a feed-forward of zeros.
            else if (parameter.Role == ParameterRole.Norms) target.Span.Fill(1);
        }
        return piece;
    }

    // Only a router may have fewer experts than the shape: its rows follow, and a bias keeps them from being chosen.
    static void Copy(Tensor from, Tensor target, ModelParameter parameter)
    {
        if ((from.Columns > target.Columns) || (from.Rows > target.Rows)) throw new InvalidOperationException($"{parameter.Name} has {from} values for {target}");
        for (var r = 0; r < from.Rows; r++) from.Row(r).CopyTo(target.Row(r));
        if (parameter.IsVector && parameter.Role is ParameterRole.SelectionBias or ParameterRole.Router)
            target.Span[from.Columns..].Fill(MaterialisedShape.LowBias);
    }
}

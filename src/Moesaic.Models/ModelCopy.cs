using Moesaic.Tensors;

namespace Moesaic.Models;

/// <summary>Copies of models.</summary>
public static class ModelCopy
{
    /// <summary>
    /// A copy in another shape: parameters of the same name, rows and columns have the same values, all others are zero, and what is
    /// absent from a part of a model stays so.
    /// </summary>
    /// <param name="source">Not changed.</param>
    /// <param name="shape">Of the copy.</param>
    /// <returns>A model with float32 memory of its own.</returns>
    public static Model InShape(Model source, ModelSpec shape)
    {
        var sources = source.Parameters.ToDictionary(p => p.Name, p => p.Matrix, StringComparer.Ordinal);
        var copy = new Model(shape, (name, _, rows, columns) =>
            sources.GetValueOrDefault(name) is AbsentMatrix ? new AbsentMatrix(rows, columns) : new Tensor(rows, columns));
        foreach (var parameter in copy.Parameters)
            if (parameter.Matrix is Tensor target && sources.TryGetValue(parameter.Name, out var from) && (from.Rows, from.Columns) == (target.Rows, target.Columns))
                from.Dense.Span.CopyTo(target.Span);
        return copy;
    }
}

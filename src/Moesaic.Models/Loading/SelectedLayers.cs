using Moesaic.Formats;
using Moesaic.Tensors;

namespace Moesaic.Models.Loading;

/// <summary>A part of a model that is there in pieces. Of a model on disk <see cref="SelectedWeights"/> reads less.</summary>
public sealed class SelectedLayers : ModelPieces
{
    readonly ModelPieces source;
    readonly ExpertSelection selection;

    /// <summary>Selects.</summary>
    /// <param name="source">Not owned.</param>
    /// <param name="selection">What stays.</param>
    /// <exception cref="BadRequestException">The selection does not fit the model; see <see cref="ExpertSelection.Shape"/>.</exception>
    public SelectedLayers(ModelPieces source, ExpertSelection selection) =>
        (this.source, this.selection, Spec) = (source, selection, selection.Shape(source.Spec));

    /// <inheritdoc/>
    public override ModelSpec Spec { get; }

    /// <inheritdoc/>
    public override Model Embedding() => source.Embedding();

    /// <inheritdoc/>
    public override Model Head() => source.Head();

    /// <inheritdoc/>
    public override Model Layer(int layer)
    {
        var kept = selection.Layers[layer];
        using var whole = source.Layer(kept.Layer);
        var sources = new SelectedParameters(whole.Spec, new ExpertSelection([kept with { Layer = 0 }]));
        var matrices = whole.Parameters.ToDictionary(p => p.Name, p => p.Matrix, StringComparer.Ordinal);
        var part = new Model(Spec with { Layers = [Spec.Layers[layer]] }, (name, role, rows, columns) =>
            sources.Of(name, role) is var from && matrices[from.Source] is AbsentMatrix ? new AbsentMatrix(rows, columns)
                : Copy(matrices[from.Source], from, new Tensor(rows, columns)));
        foreach (var vector in part.Parameters.Where(p => p.IsVector))
            if (sources.Of(vector.Name, vector.Role) is var from && matrices[from.Source] is Tensor values) Copy(values, from, vector.Value);
        return part;
    }

    static Tensor Copy(WeightMatrix matrix, SelectedParameter from, Tensor target)
    {
        var row = new float[matrix.Columns];
        for (var r = 0; r < target.Rows; r++)
        {
            (matrix.Master ?? matrix).DecodeRow(from.Rows?[r] ?? r, row);
            if (from.Columns is not { } columns) row.CopyTo(target.Row(r));
            else
                for (var c = 0; c < columns.Length; c++) target.Row(r)[c] = row[columns[c]];
        }
        return target;
    }
}

using Moesaic.Formats;
using Moesaic.Kernels;

namespace Moesaic.Models.Loading;

/// <summary>
/// A part of the weights of a model on disk: what goes is never read, and what stays lies as it is stored, so that encoded blocks are
/// copied byte for byte.
/// </summary>
public sealed class SelectedWeights : StoredWeights
{
    readonly StoredWeights whole;
    readonly List<StoredParameter> parameters = [];
    readonly Dictionary<string, (SelectedParameter From, StoredParameter Stored, StoredParameter Parameter)> places = new(StringComparer.Ordinal);

    /// <summary>Selects.</summary>
    /// <param name="whole">Owned from now on, also when this fails.</param>
    /// <param name="selection">What stays; null: everything.</param>
    /// <param name="policies">What takes the place of the routing policies of what stays; null: nothing.</param>
    /// <exception cref="BadRequestException">
    /// The selection does not fit the model, or a policy a router; see <see cref="ExpertSelection.Shape"/>, <see cref="RoutingPolicies.ApplyTo"/>.
    /// </exception>
    public SelectedWeights(StoredWeights whole, ExpertSelection? selection, RoutingPolicies? policies = null)
    {
        this.whole = whole;
        try
        {
            selection ??= ExpertSelection.All(whole.Spec);
            Spec = selection.Shape(whole.Spec);
            if (policies is not null) Spec = policies.ApplyTo(Spec);
            var sources = new SelectedParameters(whole.Spec, selection);
            using var outline = new Model(Spec, (_, _, rows, columns) => new Tensors.AbsentMatrix(rows, columns));
            foreach (var needed in outline.Parameters)
            {
                var from = sources.Of(needed.Name, needed.Role);
                var stored = whole.Find(from.Source);
                var parameter = stored with
                {
                    Name = needed.Name, Rows = needed.Matrix.Rows, Columns = needed.Matrix.Columns,
                    // A part of a row cannot be cut out of an encoded one.
                    Encoding = from.Columns is null ? stored.Encoding : null,
                    Bytes = (long)(stored.Bytes * ((double)needed.Matrix.Rows * needed.Matrix.Columns / ((double)stored.Rows * stored.Columns))),
                };
                parameters.Add(parameter);
                places.Add(needed.Name, (from, stored, parameter));
            }
        }
        catch
        {
            whole.Dispose();
            throw;
        }
    }

    /// <summary>The weights that are selected from.</summary>
    public StoredWeights Whole => whole;

    /// <inheritdoc/>
    public override string Path => whole.Path;

    /// <inheritdoc/>
    public override ModelSpec Spec { get; }

    /// <inheritdoc/>
    public override string Layout => whole.Layout;

    /// <inheritdoc/>
    public override TensorType PlainType => whole.PlainType;

    /// <summary>Bytes of what stays.</summary>
    public override long Bytes => parameters.Sum(p => p.Bytes);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Notes => whole.Notes;

    /// <inheritdoc/>
    public override IReadOnlyList<StoredParameter> Parameters => parameters;

    /// <inheritdoc/>
    public override StoredParameter Find(string name) => places[name].Parameter;

    /// <inheritdoc/>
    public override void Read(StoredParameter parameter, int firstRow, Span<float> values)
    {
        var (from, stored, _) = places[parameter.Name];
        if (from is { Rows: null, Columns: null })
        {
            whole.Read(stored, firstRow, values);
            return;
        }
        var row = new float[stored.Columns];
        for (var r = 0; r < values.Length / parameter.Columns; r++)
        {
            whole.Read(stored, from.Rows?[firstRow + r] ?? (firstRow + r), row);
            var target = values.Slice(r * parameter.Columns, parameter.Columns);
            if (from.Columns is not { } columns) row.CopyTo(target);
            else
                for (var c = 0; c < columns.Length; c++) target[c] = row[columns[c]];
        }
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Row(StoredParameter parameter, int row)
    {
        var (from, stored, _) = places[parameter.Name];
        return whole.Row(stored, from.Rows?[row] ?? row);
    }

    /// <inheritdoc/>
    public override void Release(StoredParameter parameter) => whole.Release(places[parameter.Name].Stored);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) whole.Dispose();
    }
}

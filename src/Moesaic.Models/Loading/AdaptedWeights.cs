using Moesaic.Formats;
using Moesaic.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Moesaic.Models.Loading;

/// <summary>
/// The weights of a model with an adapter added to them, row by row. Adapted matrices can only be read as float32; all others lie
/// as they are stored.
/// </summary>
sealed class AdaptedWeights : StoredWeights
{
    readonly string path;
    readonly StoredWeights model;
    readonly AdapterFile adapter;
    readonly Dictionary<string, (AdapterFactors Factors, StoredParameter Parameter)> adapted = new(StringComparer.Ordinal);

    public AdaptedWeights(string path)
    {
        this.path = path;
        adapter = new AdapterFile(path);
        try
        {
            model = Open(adapter.Model);
            try
            {
                Parameters = [.. model.Parameters.Select(Adapt)];
                Notes = [.. model.Notes, .. adapter.Finish(), $"the adapter of rank {adapter.Config.Rank} is added to {adapted.Count} matrices of {adapter.Model}"];
            }
            catch
            {
                model.Dispose();
                throw;
            }
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }

    public override string Path => path;

    public override ModelSpec Spec => model.Spec;

    public override string Layout => model.Layout;

    public override TensorType PlainType => model.PlainType;

    public override long Bytes => model.Bytes + adapter.Bytes;

    public override IReadOnlyList<string> Notes { get; }

    public override IReadOnlyList<StoredParameter> Parameters { get; }

    public override StoredParameter Find(string name) => adapted.TryGetValue(name, out var found) ? found.Parameter : model.Find(name);

    public override void Read(StoredParameter parameter, int firstRow, Span<float> values)
    {
        model.Read(model.Find(parameter.Name), firstRow, values);
        if (!adapted.TryGetValue(parameter.Name, out var found)) return;
        for (var r = 0; r < values.Length / parameter.Columns; r++)
            found.Factors.AddRow(firstRow + r, values.Slice(r * parameter.Columns, parameter.Columns));
    }

    public override ReadOnlySpan<byte> Row(StoredParameter parameter, int row) => model.Row(parameter, row);

    public override void Release(StoredParameter parameter) => model.Release(model.Find(parameter.Name));

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        foreach (var (factors, _) in adapted.Values) factors.Dispose();
        adapter.Dispose();
        model.Dispose();
    }

    StoredParameter Adapt(StoredParameter parameter)
    {
        if (adapter.Find(parameter.Name, parameter.Role, parameter.Rows, parameter.Columns) is not { } factors) return parameter;
        var read = parameter with { Encoding = null };
        adapted.Add(parameter.Name, (factors, read));
        return read;
    }
}

/// <summary>A and B of one matrix.</summary>
/// <param name="Down">A, [r, K].</param>
/// <param name="Up">B, [N, r].</param>
/// <param name="Scale">s.</param>
sealed record AdapterFactors(Tensor Down, Tensor Up, float Scale) : IDisposable
{
    /// <summary>Adds row <paramref name="index"/> of s B A.</summary>
    public void AddRow(int index, Span<float> values)
    {
        var b_r = Up.Row(index);
        for (var j = 0; j < b_r.Length; j++) TensorPrimitives.MultiplyAdd(Down.Row(j), Scale * b_r[j], values, values);
    }

    public void Dispose()
    {
        Down.Dispose();
        Up.Dispose();
    }
}

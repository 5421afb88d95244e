using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Tensors;

namespace Moesaic.Bench;

/// <summary>
/// Weights of any shape without a file: small normal numbers for matrices, ones for norms, the same each time. They are made
/// row by row, so that models larger than memory can be written.
/// </summary>
sealed class RandomWeights : StoredWeights
{
    const int TableLength = 1 << 20;
    const double Deviation = 0.02;

    readonly float[] table = new float[TableLength];
    readonly Dictionary<string, StoredParameter> byName;

    public RandomWeights(string name, ModelSpec spec)
    {
        (Path, Spec) = (name, spec);
        using var outline = new Model(spec, (_, _, rows, columns) => new AbsentMatrix(rows, columns));
        Parameters = [.. outline.Parameters.Select(p => new StoredParameter(p.Name, p.Matrix.Rows, p.Matrix.Columns, null)
        {
            Role = p.Role, IsVector = p.IsVector,
        })];
        byName = Parameters.ToDictionary(p => p.Name, StringComparer.Ordinal);
        var random = new Random(1);
        for (var i = 0; i < table.Length; i++)
            table[i] = (float)(Deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
    }

    public override string Path { get; }

    public override ModelSpec Spec { get; }

    public override string Layout => "random";

    public override TensorType PlainType => TensorType.F32;

    public override long Bytes => 0;

    public override IReadOnlyList<string> Notes => [];

    public override IReadOnlyList<StoredParameter> Parameters { get; }

    public override StoredParameter Find(string name) => byName[name];

    public override void Read(StoredParameter parameter, int firstRow, Span<float> values)
    {
        if (parameter.Rows == 1)
        {
            values.Fill(1);
            return;
        }
        // Each row begins elsewhere in the table, by a hash of its number: rows differ, and so do matrices.
        var name = parameter.Name.Aggregate(17u, (h, c) => (h * 31) + c);
        for (var row = 0; row * parameter.Columns < values.Length; row++)
        {
            var rest = values.Slice(row * parameter.Columns, parameter.Columns);
            var at = (int)(((name + (uint)(firstRow + row)) * 2654435761u) >> 12);
            while (!rest.IsEmpty)
            {
                var run = Math.Min(rest.Length, table.Length - at);
                table.AsSpan(at, run).CopyTo(rest);
                rest = rest[run..];
                at = 0;
            }
        }
    }

    public override ReadOnlySpan<byte> Row(StoredParameter parameter, int row) => throw new InvalidOperationException("There is no file.");

    public override void Release(StoredParameter parameter) { }

    protected override void Dispose(bool disposing) { }
}

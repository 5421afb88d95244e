using System.Globalization;
using System.Runtime.Intrinsics;

namespace Moesaic.Kernels;

/// <summary>
/// Between float32 and the <see cref="WeightEncoding"/>s. Decoding gives the bits that llama.cpp gives, for every type;
/// so does encoding, with and without importance (held to golden files).
/// </summary>
/// <remarks>Rows are shared out to the <see cref="WorkerTeam"/>; the bytes do not depend on the number of threads.</remarks>
public static unsafe class BlockCodec
{
    /// <summary>Widens blocks to float32.</summary>
    /// <param name="encoding">How the values are stored.</param>
    /// <param name="blocks">Whole blocks; any bytes are valid.</param>
    /// <param name="values">As many values as the blocks hold.</param>
    /// <exception cref="ArgumentException">The sizes do not match.</exception>
    public static void Decode(WeightEncoding encoding, ReadOnlySpan<byte> blocks, Span<float> values)
    {
        EncodingTable.Entry entry = EncodingTable.Of(encoding);
        int count = Require.RowCount(values.Length, entry.BlockLength, nameof(values));
        Require.Length(blocks.Length, (long)count * entry.BlockBytes, nameof(blocks));
        fixed (byte* from = blocks)
        fixed (float* to = values)
        {
            var job = new DecodeJob { Entry = entry, From = from, To = to, Slices = new(count, entry.BlockLength) };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    /// <summary>Narrows rows of float32 to blocks.</summary>
    /// <param name="encoding">One that <see cref="WeightEncodings.CanEncode"/>.</param>
    /// <param name="values">[rows, columns].</param>
    /// <param name="columns">A multiple of the block length.</param>
    /// <param name="importance">
    /// [columns], not negative: how much an error in each column counts, usually the mean square of the activation that
    /// meets it (llama.cpp's importance matrix). Empty: the type's own weighing. F32, F16, BF16, Q8_0 and MXFP4 have
    /// nothing to weigh.
    /// </param>
    /// <param name="blocks">As many bytes as the rows take (<see cref="WeightEncodings.RowBytes"/>).</param>
    /// <exception cref="UnencodableValueException">
    /// A value is NaN, infinite or beyond what the encoding holds (half precision for the types with half-precision
    /// scales); or an importance is NaN, infinite or negative. Nothing is written.
    /// </exception>
    /// <exception cref="ArgumentException">The sizes do not match, or the encoding is only read.</exception>
    public static void Encode(
        WeightEncoding encoding, ReadOnlySpan<float> values, int columns, ReadOnlySpan<float> importance, Span<byte> blocks)
    {
        EncodingTable.Entry entry = EncodingTable.Of(encoding);
        if (entry.Encode is null) throw new ArgumentException($"{entry.Name} can be read but not written.", nameof(encoding));
        int rows = Require.RowCount(values.Length, columns, nameof(values));
        long rowBytes = encoding.RowBytes(columns);
        Require.Length(blocks.Length, rows * rowBytes, nameof(blocks));
        Require.LengthOrEmpty(importance.Length, columns, nameof(importance));
        CheckImportance(importance);
        CheckValues(entry, values, columns);
        fixed (float* from = values, weights = importance)
        fixed (byte* to = blocks)
        {
            var job = new EncodeJob
            {
                Entry = entry, From = from, To = to, Columns = columns, RowBytes = (int)rowBytes,
                Importance = weights, ImportanceLength = importance.Length,
                Slices = new(rows, columns),
            };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    static void CheckImportance(ReadOnlySpan<float> importance)
    {
        for (int column = 0; column < importance.Length; column++)
        {
            if (importance[column] >= 0 && float.IsFinite(importance[column])) continue;
            throw new UnencodableValueException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The importance of column {column} is {importance[column]}; it must be a finite number, not negative."),
                -1, column);
        }
    }

    static void CheckValues(EncodingTable.Entry entry, ReadOnlySpan<float> values, int columns)
    {
        int first = FirstBeyond(values, entry.Largest);
        if (first == values.Length) return;
        var (row, column) = (first / columns, first % columns);
        string why = float.IsFinite(values[first])
            ? string.Create(CultureInfo.InvariantCulture, $"beyond what it can hold ({entry.Largest:G4})")
            : "not a finite number";
        throw new UnencodableValueException(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{entry.Name} cannot encode row {row}, column {column}: {values[first]} is {why}."),
            row, column);
    }

    // NaN is not within the limit either.
    static int FirstBeyond(ReadOnlySpan<float> values, float limit)
    {
        int i = 0;
        Vector256<float> limits = Vector256.Create(limit);
        while (i <= values.Length - Vector256<float>.Count
            && Vector256.LessThanOrEqualAll(Vector256.Abs(Vector256.Create(values[i..])), limits))
        {
            i += Vector256<float>.Count;
        }

        while (i < values.Length && MathF.Abs(values[i]) <= limit) i++;
        return i;
    }

    struct DecodeJob : IJob
    {
        public EncodingTable.Entry Entry;
        public byte* From;
        public float* To;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            int start = Slices.Start(part), count = Slices.End(part) - start;
            Entry.Decode(
                new(From + (long)start * Entry.BlockBytes, count * Entry.BlockBytes),
                new(To + (long)start * Entry.BlockLength, count * Entry.BlockLength));
        }
    }

    struct EncodeJob : IJob
    {
        public EncodingTable.Entry Entry;
        public float* From;
        public float* Importance;
        public byte* To;
        public int Columns;
        public int RowBytes;
        public int ImportanceLength;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            for (int row = Slices.Start(part); row < Slices.End(part); row++)
            {
                Entry.Encode!(
                    new(From + (long)row * Columns, Columns), new(Importance, ImportanceLength),
                    new(To + (long)row * RowBytes, RowBytes));
            }
        }
    }
}

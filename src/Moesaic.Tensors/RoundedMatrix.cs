using System.Runtime.InteropServices;
using Moesaic.Kernels;

namespace Moesaic.Tensors;

/// <summary>
/// A matrix that products read as bfloat16 and an optimiser changes as float32 (Micikevicius et al. 2018, section 3.1): steps too
/// small for bfloat16 add up in <see cref="Master"/>, and what is measured is what a bfloat16 checkpoint will compute.
/// </summary>
public sealed class RoundedMatrix : WeightMatrix
{
    readonly Tensor master;
    readonly EncodedTensor rounded;
    ushort[] piece = [];

    /// <summary>Rounds a matrix.</summary>
    /// <param name="master">The float32 values, owned by this from now on.</param>
    public RoundedMatrix(Tensor master)
    {
        this.master = master;
        (Rows, Columns) = (master.Rows, master.Columns);
        rounded = new EncodedTensor(WeightEncoding.BF16, Rows, Columns, (first, count) =>
        {
            if (piece.Length == 0) piece = GC.AllocateUninitializedArray<ushort>(count * Columns);
            return Round(first, count);
        });
    }

    /// <summary>BF16.</summary>
    public override WeightEncoding Encoding => WeightEncoding.BF16;

    /// <summary>Bytes of both.</summary>
    public override long Bytes => master.Bytes + rounded.Bytes;

    /// <summary>The float32 values. After changing them call <see cref="Refresh"/>.</summary>
    public override Tensor Master => master;

    internal override WeightMatrix Factor => rounded;

    /// <summary>Rounds the float32 values again, to the nearest and of two equally near the even one.</summary>
    public void Refresh() => rounded.Fill(Round);

    /// <summary>Row <paramref name="index"/> as products read it.</summary>
    public override void DecodeRow(int index, Span<float> values) => rounded.DecodeRow(index, values);

    /// <inheritdoc/>
    public override void Dispose()
    {
        master.Dispose();
        rounded.Dispose();
    }

    ReadOnlySpan<byte> Round(int first, int count)
    {
        var values = piece.AsSpan(0, count * Columns);
        Conversion.SingleToBFloat16(master.Span.Slice(first * Columns, values.Length), values);
        return MemoryMarshal.AsBytes(values);
    }
}

using Moesaic.Kernels;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Moesaic.Tensors;

/// <summary>
/// A frozen matrix W with a low-rank adapter beside it (LoRA, Hu et al. 2021, section 4.1): y = x Wᵀ + s (x Aᵀ) Bᵀ. Only A and B
/// are trained, so that W may keep the encoding it is stored in.
/// </summary>
public sealed class AdaptedMatrix : WeightMatrix
{
    readonly WeightMatrix[] alone;

    /// <summary>Puts an adapter beside a matrix.</summary>
    /// <param name="weight">W, [N, K], owned by this from now on.</param>
    /// <param name="down">A, [r, K], owned by this from now on.</param>
    /// <param name="up">B, [N, r], owned by this from now on.</param>
    /// <param name="scale">s.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or the matrix has an adapter already.</exception>
    public AdaptedMatrix(WeightMatrix weight, Tensor down, Tensor up, float scale)
    {
        if (weight is AdaptedMatrix) throw new ArgumentException("the matrix has an adapter already", nameof(weight));
        if (down.Columns != weight.Columns || up.Rows != weight.Rows || up.Columns != down.Rows)
            throw new ArgumentException($"an adapter of {down} and {up} does not fit a matrix of {weight}", nameof(down));
        (Rows, Columns, Base, Down, Up, Scale) = (weight.Rows, weight.Columns, weight, down, up, scale);
        alone = [this];
    }

    /// <summary>W.</summary>
    public WeightMatrix Base { get; }

    /// <summary>A, [r, K].</summary>
    public Tensor Down { get; }

    /// <summary>B, [N, r].</summary>
    public Tensor Up { get; }

    /// <summary>s.</summary>
    public float Scale { get; }

    /// <summary>r.</summary>
    public int Rank => Down.Rows;

    /// <summary>That of W.</summary>
    public override WeightEncoding Encoding => Base.Encoding;

    /// <summary>Bytes of W, A and B.</summary>
    public override long Bytes => Base.Bytes + Down.Bytes + Up.Bytes;

    internal override WeightMatrix Factor => Base.Factor;

    /// <summary>Row <paramref name="index"/> of W + s B A.</summary>
    public override void DecodeRow(int index, Span<float> values)
    {
        Base.DecodeRow(index, values);
        var b_r = Up.Row(index);
        for (var j = 0; j < b_r.Length; j++) TensorPrimitives.MultiplyAdd(Down.Row(j), Scale * b_r[j], values, values);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Base.Dispose();
        Down.Dispose();
        Up.Dispose();
    }

    /// <summary>Adds s (x Aᵀ) Bᵀ to the product with W.</summary>
    internal void AddTo(Workspace workspace, Tensor x, Tensor y)
    {
        using var scope = workspace.OpenScope();
        var offsets = workspace.RentIndices(2);
        (offsets[0], offsets[1]) = (0, x.Rows);
        LowRankOps.AddLowRank(workspace, x, offsets, alone, y);
    }
}

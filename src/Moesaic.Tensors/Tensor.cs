using Moesaic.Kernels;

namespace Moesaic.Tensors;

/// <summary>
/// A dense row-major float32 array in native memory. A tensor is a matrix of <see cref="WeightMatrix.Rows"/> by <see cref="WeightMatrix.Columns"/>
/// (a vector is one row); what is computed with tensors lives in <see cref="Workspace"/>'s operations, not here.
/// </summary>
/// <remarks>Not thread-safe. Spans and pointers taken from a tensor are valid until it is disposed.</remarks>
public sealed unsafe class Tensor : WeightMatrix
{
    AlignedBlock block;

    /// <summary>Makes a zeroed matrix.</summary>
    /// <param name="rows">Number of rows, 0 or more.</param>
    /// <param name="columns">Length of a row, 0 or more; at most 2³¹−1 elements in all.</param>
    public Tensor(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        (Rows, Columns) = (rows, columns);
        block = Block(checked(rows * columns));
    }

    /// <summary>Makes a matrix with the given values, row by row.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Length of a row.</param>
    /// <param name="values">rows·columns values.</param>
    public Tensor(int rows, int columns, ReadOnlySpan<float> values) : this(rows, columns) => values.CopyTo(Span);

    /// <inheritdoc/>
    public override WeightEncoding Encoding => WeightEncoding.F32;

    /// <inheritdoc/>
    public override long Bytes => (long)Count * sizeof(float);

    /// <summary>This.</summary>
    public override Tensor Master => this;

    /// <summary>Number of elements, <see cref="WeightMatrix.Rows"/>·<see cref="WeightMatrix.Columns"/>.</summary>
    public int Count => Rows * Columns;

    /// <summary>All elements, row by row.</summary>
    public Span<float> Span => new(Pointer, Count);

    /// <summary>The first element; 64-byte aligned.</summary>
    public float* Pointer
    {
        get
        {
            var pointer = (float*)block.Pointer;
            ObjectDisposedException.ThrowIf(pointer == null, this);
            return pointer;
        }
    }

    /// <summary>
    /// Whether a recorded pass computes a gradient for this tensor. Set it on parameters that are trained; on results of
    /// operations it follows from their inputs.
    /// </summary>
    public bool NeedsGradient { get; set; }

    /// <summary>
    /// The sum of the gradients that reached this tensor. A parameter keeps it until it is cleared, so that several passes
    /// accumulate; a temporary has one only during <see cref="Workspace.Backward"/>. Null before the first pass.
    /// </summary>
    public Tensor? Gradient { get; internal set; }

    /// <summary>Whether a workspace owns this tensor and uses its memory again in the next pass.</summary>
    internal bool IsTemporary { get; init; }

    /// <summary>Number of elements that fit without new memory.</summary>
    internal int Capacity => (int)(block.Bytes / sizeof(float));

    /// <summary>Row <paramref name="index"/>.</summary>
    public Span<float> Row(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Rows);
        return new Span<float>(Pointer + ((long)index * Columns), Columns);
    }

    /// <summary>A copy with memory of its own, without gradient.</summary>
    public Tensor Clone() => new(Rows, Columns, Span) { NeedsGradient = NeedsGradient };

    /// <inheritdoc/>
    public override void DecodeRow(int index, Span<float> values) => Row(index).CopyTo(values);

    /// <summary>Frees the memory (of the gradient too) at once instead of at the next garbage collection.</summary>
    public override void Dispose()
    {
        block.Dispose();
        Gradient?.Dispose();
        Gradient = null;
    }

    /// <summary>Gives a temporary another shape; memory grows when needed and its contents are then undefined.</summary>
    internal void Reshape(int rows, int columns)
    {
        var count = checked(rows * columns);
        if (count > Capacity)
        {
            block.Dispose();
            block = Block(count);
        }
        (Rows, Columns) = (rows, columns);
    }

    static AlignedBlock Block(int count) => new((long)count * sizeof(float), zeroed: true);
}

using Moesaic.Kernels;

namespace Moesaic.Tensors;

/// <summary>A matrix of which only the shape is there: a model made of these tells what weights it needs and takes no memory.</summary>
public sealed class AbsentMatrix : WeightMatrix
{
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Length of a row.</param>
    public AbsentMatrix(int rows, int columns) => (Rows, Columns) = (rows, columns);

    /// <inheritdoc/>
    public override WeightEncoding Encoding => WeightEncoding.F32;

    /// <summary>0.</summary>
    public override long Bytes => 0;

    /// <summary>Not possible.</summary>
    /// <exception cref="InvalidOperationException">Always.</exception>
    public override void DecodeRow(int index, Span<float> values) => throw new InvalidOperationException("the weights were not read");

    /// <inheritdoc/>
    public override void Dispose()
    {
    }
}

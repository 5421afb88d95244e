using Moesaic.Kernels;

namespace Moesaic.Tensors;

/// <summary>
/// A matrix of weights [Rows, Columns] in some encoding, for the one operation that matters, y = x Wᵀ
/// (<see cref="LinearOps"/>). A <see cref="Tensor"/> is the float32 one. Others
/// are trained by what stands beside them: <see cref="RoundedMatrix"/> by its float32 values, <see cref="AdaptedMatrix"/> by its adapter.
/// </summary>
public abstract class WeightMatrix : IDisposable
{
    /// <summary>Number of rows, the length of y.</summary>
    public int Rows { get; private protected set; }

    /// <summary>Length of a row, the length of x.</summary>
    public int Columns { get; private protected set; }

    /// <summary>How the values are stored.</summary>
    public abstract WeightEncoding Encoding { get; }

    /// <summary>Bytes of the values.</summary>
    public abstract long Bytes { get; }

    /// <summary>The float32 values that an optimiser changes and that gather the gradient; null for a matrix that is only read.</summary>
    public virtual Tensor? Master => null;

    /// <summary>The matrix that products read: this one, or what stands for it. A <see cref="Tensor"/> or an <see cref="EncodedTensor"/>.</summary>
    internal virtual WeightMatrix Factor => this;

    /// <summary>Whether a recorded pass computes a gradient for <see cref="Master"/>.</summary>
    internal bool Learns => Master is { NeedsGradient: true };

    /// <summary>This matrix as float32.</summary>
    /// <exception cref="InvalidOperationException">It is encoded: who changes or trains weights must load them as float32.</exception>
    public Tensor Dense => Master
        ?? throw new InvalidOperationException($"a matrix of {Rows}x{Columns} in {Encoding.Name()} cannot be changed; load the model as float32");

    /// <summary>Row <paramref name="index"/> as float32.</summary>
    /// <param name="index">0 to Rows − 1.</param>
    /// <param name="values">Columns values, overwritten.</param>
    public abstract void DecodeRow(int index, Span<float> values);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>"4x256" for messages.</summary>
    public override string ToString() => $"{Rows}x{Columns}";
}

namespace Moesaic.Kernels;

/// <summary>Activations of one input, element by element. All buffers have one length.</summary>
/// <remarks>
/// Error against float64 at most 5e-7 · (1 + the largest magnitude of the buffer), at every <see cref="KernelLevel"/>; the
/// bits do not depend on the number of threads.
/// </remarks>
public static class Ungated
{
    /// <summary>y = f(x).</summary>
    /// <param name="kind">f.</param>
    /// <param name="x">[N].</param>
    /// <param name="y">[N]; may be the same buffer.</param>
    public static void Forward(UngatedKind kind, ReadOnlySpan<float> x, Span<float> y)
    {
        Require.Length(y.Length, x.Length, nameof(y));
        switch (KernelSelection.Level)
        {
            case KernelLevel.Vector512: Forward<Lanes512>(kind, x, y); break;
            case KernelLevel.Vector256: Forward<Lanes256>(kind, x, y); break;
            case KernelLevel.Vector128: Forward<Lanes128>(kind, x, y); break;
            default: UngatedReference.Forward(kind, x, y); break;
        }
    }

    /// <summary>dx += dy · f′(x).</summary>
    /// <param name="kind">f.</param>
    /// <param name="x">[N], the forward's input.</param>
    /// <param name="dy">[N].</param>
    /// <param name="dx">[N], added to.</param>
    public static void Backward(UngatedKind kind, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dx)
    {
        Require.Length(dy.Length, x.Length, nameof(dy));
        Require.Length(dx.Length, x.Length, nameof(dx));
        switch (KernelSelection.Level)
        {
            case KernelLevel.Vector512: Backward<Lanes512>(kind, x, dy, dx); break;
            case KernelLevel.Vector256: Backward<Lanes256>(kind, x, dy, dx); break;
            case KernelLevel.Vector128: Backward<Lanes128>(kind, x, dy, dx); break;
            default: UngatedReference.Backward(kind, x, dy, dx); break;
        }
    }

    static void Forward<TLanes>(UngatedKind kind, ReadOnlySpan<float> x, Span<float> y)
        where TLanes : struct, ILanes<TLanes>
    {
        switch (kind)
        {
            case UngatedKind.Relu: UngatedVector<TLanes, Relu<TLanes>>.Forward(x, y); break;
            case UngatedKind.SquaredRelu: UngatedVector<TLanes, SquaredRelu<TLanes>>.Forward(x, y); break;
            case UngatedKind.Gelu: UngatedVector<TLanes, Gelu<TLanes>>.Forward(x, y); break;
            case UngatedKind.GeluTanh: UngatedVector<TLanes, GeluTanh<TLanes>>.Forward(x, y); break;
            default: throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
    }

    static void Backward<TLanes>(UngatedKind kind, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dx)
        where TLanes : struct, ILanes<TLanes>
    {
        switch (kind)
        {
            case UngatedKind.Relu: UngatedVector<TLanes, Relu<TLanes>>.Backward(x, dy, dx); break;
            case UngatedKind.SquaredRelu: UngatedVector<TLanes, SquaredRelu<TLanes>>.Backward(x, dy, dx); break;
            case UngatedKind.Gelu: UngatedVector<TLanes, Gelu<TLanes>>.Backward(x, dy, dx); break;
            case UngatedKind.GeluTanh: UngatedVector<TLanes, GeluTanh<TLanes>>.Backward(x, dy, dx); break;
            default: throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
    }
}

namespace Moesaic.Kernels;

/// <summary>
/// The few operations of a vector width that the product's micro-kernel needs, so that one source serves all widths.
/// </summary>
unsafe interface ISimd<TVector>
{
    static abstract int Lanes { get; }

    static abstract TVector Zero { get; }

    static abstract TVector Load(float* address);

    static abstract TVector Broadcast(float* address);

    /// <summary>x·y + z with one rounding where the machine has fused arithmetic.</summary>
    static abstract TVector MultiplyAdd(TVector x, TVector y, TVector z);

    static abstract void Store(TVector value, float* address);
}

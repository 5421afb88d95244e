using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary><see cref="ClampedSwiGlu"/> for one vector width.</summary>
readonly struct ClampedSwiGluActivation<TLanes>(float limit, float slope) : IGatedActivation<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes Activate(TLanes gate, TLanes up)
    {
        TLanes most = TLanes.Create(limit), g = Below(gate, most);
        return g * Exponential.Sigmoid(TLanes.Create(slope) * g) * (Within(up, most) + TLanes.Create(1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Gradients(TLanes gate, TLanes up, TLanes dh, out TLanes dGate, out TLanes dUp)
    {
        TLanes most = TLanes.Create(limit), steep = TLanes.Create(slope), one = TLanes.Create(1);
        TLanes g = Below(gate, most), s = Exponential.Sigmoid(steep * g);
        dGate = dh * (Within(up, most) + one) * s * TLanes.MultiplyAdd(steep * g, one - s, one);
        dGate = TLanes.WhereLess(most, gate, TLanes.Zero, dGate);
        dUp = TLanes.WhereLess(most, up, TLanes.Zero, dh * g * s);
        dUp = TLanes.WhereLess(up, TLanes.Zero - most, TLanes.Zero, dUp);
    }

    // A comparison with NaN is false: NaN passes through.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TLanes Below(TLanes x, TLanes most) => TLanes.WhereLess(most, x, most, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TLanes Within(TLanes x, TLanes most) =>
        TLanes.WhereLess(x, TLanes.Zero - most, TLanes.Zero - most, Below(x, most));
}

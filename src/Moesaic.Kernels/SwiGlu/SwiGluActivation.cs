using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary><see cref="SwiGlu"/> for one vector width.</summary>
readonly struct SwiGluActivation<TLanes> : IGatedActivation<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes Activate(TLanes gate, TLanes up) => gate * Exponential.Sigmoid(gate) * up;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Gradients(TLanes gate, TLanes up, TLanes dh, out TLanes dGate, out TLanes dUp)
    {
        TLanes s = Exponential.Sigmoid(gate), one = TLanes.Create(1);
        dGate = dh * up * s * TLanes.MultiplyAdd(gate, one - s, one);
        dUp = dh * gate * s;
    }
}

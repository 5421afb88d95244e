using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary><see cref="SwiGlu"/> for one vector width, over slices of the buffers.</summary>
static unsafe class SwiGluVector<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    internal static void Forward(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> h)
    {
        fixed (float* gatePointer = gate, upPointer = up, hPointer = h)
        {
            var job = new ForwardJob
            {
                Gate = gatePointer, Up = upPointer, H = hPointer, Slices = new(h.Length, 1, TLanes.Lanes),
            };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    internal static void Backward(
        ReadOnlySpan<float> gate, ReadOnlySpan<float> up, ReadOnlySpan<float> dh, Span<float> dGate, Span<float> dUp)
    {
        fixed (float* gatePointer = gate, upPointer = up, dhPointer = dh, dGatePointer = dGate, dUpPointer = dUp)
        {
            var job = new BackwardJob
            {
                Gate = gatePointer, Up = upPointer, Dh = dhPointer, DGate = dGatePointer, DUp = dUpPointer,
                Slices = new(dh.Length, 1, TLanes.Lanes),
            };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    struct ForwardJob : IJob
    {
        public float* Gate, Up, H;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            int i = Slices.Start(part), end = Slices.End(part);
            for (; i <= end - TLanes.Lanes; i += TLanes.Lanes)
                TLanes.Store(Activate(TLanes.Load(Gate + i), TLanes.Load(Up + i)), H + i);
            if (i == end) return;
            int rest = end - i;
            Partial.Store(Activate(Partial.Load<TLanes>(Gate + i, rest), Partial.Load<TLanes>(Up + i, rest)), H + i, rest);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static TLanes Activate(TLanes gate, TLanes up) => gate * Exponential.Sigmoid(gate) * up;
    }

    struct BackwardJob : IJob
    {
        public float* Gate, Up, Dh, DGate, DUp;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            int i = Slices.Start(part), end = Slices.End(part);
            for (; i <= end - TLanes.Lanes; i += TLanes.Lanes)
            {
                Gradients(
                    TLanes.Load(Gate + i), TLanes.Load(Up + i), TLanes.Load(Dh + i), out TLanes gate, out TLanes up);
                TLanes.Store(TLanes.Load(DGate + i) + gate, DGate + i);
                TLanes.Store(TLanes.Load(DUp + i) + up, DUp + i);
            }

            if (i == end) return;
            int rest = end - i;
            Gradients(
                Partial.Load<TLanes>(Gate + i, rest), Partial.Load<TLanes>(Up + i, rest),
                Partial.Load<TLanes>(Dh + i, rest), out TLanes lastGate, out TLanes lastUp);
            Partial.Store(Partial.Load<TLanes>(DGate + i, rest) + lastGate, DGate + i, rest);
            Partial.Store(Partial.Load<TLanes>(DUp + i, rest) + lastUp, DUp + i, rest);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Gradients(TLanes gate, TLanes up, TLanes dh, out TLanes dGate, out TLanes dUp)
        {
            TLanes s = Exponential.Sigmoid(gate), one = TLanes.Create(1);
            dGate = dh * up * s * TLanes.MultiplyAdd(gate, one - s, one);
            dUp = dh * gate * s;
        }
    }
}

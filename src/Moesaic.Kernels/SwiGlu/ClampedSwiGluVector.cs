using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary><see cref="ClampedSwiGlu"/> for one vector width, over slices of the buffers.</summary>
static unsafe class ClampedSwiGluVector<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    internal static void Forward(float limit, float slope, ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> h)
    {
        fixed (float* gatePointer = gate, upPointer = up, hPointer = h)
        {
            var job = new ForwardJob
            {
                Limit = limit, Slope = slope, Gate = gatePointer, Up = upPointer, H = hPointer,
                Slices = new(h.Length, 1, TLanes.Lanes),
            };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    internal static void Backward(
        float limit, float slope, ReadOnlySpan<float> gate, ReadOnlySpan<float> up, ReadOnlySpan<float> dh, Span<float> dGate,
        Span<float> dUp)
    {
        fixed (float* gatePointer = gate, upPointer = up, dhPointer = dh, dGatePointer = dGate, dUpPointer = dUp)
        {
            var job = new BackwardJob
            {
                Limit = limit, Slope = slope, Gate = gatePointer, Up = upPointer, Dh = dhPointer, DGate = dGatePointer,
                DUp = dUpPointer, Slices = new(dh.Length, 1, TLanes.Lanes),
            };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    // A comparison with NaN is false: NaN passes through.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TLanes Below(TLanes x, TLanes most) => TLanes.WhereLess(most, x, most, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TLanes Within(TLanes x, TLanes most) =>
        TLanes.WhereLess(x, TLanes.Zero - most, TLanes.Zero - most, Below(x, most));

    struct ForwardJob : IJob
    {
        public float Limit, Slope;
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
        readonly TLanes Activate(TLanes gate, TLanes up)
        {
            TLanes most = TLanes.Create(Limit), g = Below(gate, most);
            return g * Exponential.Sigmoid(TLanes.Create(Slope) * g) * (Within(up, most) + TLanes.Create(1));
        }
    }

    struct BackwardJob : IJob
    {
        public float Limit, Slope;
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
        readonly void Gradients(TLanes gate, TLanes up, TLanes dh, out TLanes dGate, out TLanes dUp)
        {
            TLanes most = TLanes.Create(Limit), slope = TLanes.Create(Slope), one = TLanes.Create(1);
            TLanes g = Below(gate, most), s = Exponential.Sigmoid(slope * g);
            dGate = dh * (Within(up, most) + one) * s * TLanes.MultiplyAdd(slope * g, one - s, one);
            dGate = TLanes.WhereLess(most, gate, TLanes.Zero, dGate);
            dUp = TLanes.WhereLess(most, up, TLanes.Zero, dh * g * s);
            dUp = TLanes.WhereLess(up, TLanes.Zero - most, TLanes.Zero, dUp);
        }
    }
}

namespace Moesaic.Kernels;

/// <summary>What a gated activation makes of gate and up, element by element.</summary>
interface IGatedActivation<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>h.</summary>
    TLanes Activate(TLanes gate, TLanes up);

    /// <summary>The gradients of gate and up for that of h.</summary>
    void Gradients(TLanes gate, TLanes up, TLanes dh, out TLanes dGate, out TLanes dUp);
}

/// <summary>A gated activation for one vector width, over slices of the buffers.</summary>
static unsafe class GatedVector<TLanes, TActivation>
    where TLanes : struct, ILanes<TLanes>
    where TActivation : struct, IGatedActivation<TLanes>
{
    internal static void Forward(TActivation activation, ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> h)
    {
        fixed (float* gatePointer = gate, upPointer = up, hPointer = h)
        {
            var job = new ForwardJob
            {
                Activation = activation, Gate = gatePointer, Up = upPointer, H = hPointer, Slices = new(h.Length, 1, TLanes.Lanes),
            };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    /// <summary>Adds to <paramref name="dGate"/> and <paramref name="dUp"/>.</summary>
    internal static void Backward(
        TActivation activation, ReadOnlySpan<float> gate, ReadOnlySpan<float> up, ReadOnlySpan<float> dh, Span<float> dGate, Span<float> dUp)
    {
        fixed (float* gatePointer = gate, upPointer = up, dhPointer = dh, dGatePointer = dGate, dUpPointer = dUp)
        {
            var job = new BackwardJob
            {
                Activation = activation, Gate = gatePointer, Up = upPointer, Dh = dhPointer, DGate = dGatePointer, DUp = dUpPointer,
                Slices = new(dh.Length, 1, TLanes.Lanes),
            };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    struct ForwardJob : IJob
    {
        public TActivation Activation;
        public float* Gate, Up, H;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            int i = Slices.Start(part), end = Slices.End(part);
            var activation = Activation;
            for (; i <= end - TLanes.Lanes; i += TLanes.Lanes)
                TLanes.Store(activation.Activate(TLanes.Load(Gate + i), TLanes.Load(Up + i)), H + i);
            if (i == end) return;
            int rest = end - i;
            Partial.Store(activation.Activate(Partial.Load<TLanes>(Gate + i, rest), Partial.Load<TLanes>(Up + i, rest)), H + i, rest);
        }
    }

    struct BackwardJob : IJob
    {
        public TActivation Activation;
        public float* Gate, Up, Dh, DGate, DUp;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            int i = Slices.Start(part), end = Slices.End(part);
            var activation = Activation;
            for (; i <= end - TLanes.Lanes; i += TLanes.Lanes)
            {
                activation.Gradients(
                    TLanes.Load(Gate + i), TLanes.Load(Up + i), TLanes.Load(Dh + i), out TLanes gate, out TLanes up);
                TLanes.Store(TLanes.Load(DGate + i) + gate, DGate + i);
                TLanes.Store(TLanes.Load(DUp + i) + up, DUp + i);
            }

            if (i == end) return;
            int rest = end - i;
            activation.Gradients(
                Partial.Load<TLanes>(Gate + i, rest), Partial.Load<TLanes>(Up + i, rest),
                Partial.Load<TLanes>(Dh + i, rest), out TLanes lastGate, out TLanes lastUp);
            Partial.Store(Partial.Load<TLanes>(DGate + i, rest) + lastGate, DGate + i, rest);
            Partial.Store(Partial.Load<TLanes>(DUp + i, rest) + lastUp, DUp + i, rest);
        }
    }
}

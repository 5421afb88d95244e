namespace Moesaic.Kernels;

/// <summary>A function of one number, and its derivative.</summary>
interface IUngated<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    static abstract TLanes Activate(TLanes x);

    /// <summary>f′(x).</summary>
    static abstract TLanes Slope(TLanes x);
}

/// <summary><see cref="Ungated"/> for one vector width, over slices of the buffers.</summary>
static unsafe class UngatedVector<TLanes, TFunction>
    where TLanes : struct, ILanes<TLanes>
    where TFunction : struct, IUngated<TLanes>
{
    internal static void Forward(ReadOnlySpan<float> x, Span<float> y)
    {
        fixed (float* xPointer = x, yPointer = y)
        {
            var job = new ForwardJob { X = xPointer, Y = yPointer, Slices = new(y.Length, 1, TLanes.Lanes) };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    internal static void Backward(ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dx)
    {
        fixed (float* xPointer = x, dyPointer = dy, dxPointer = dx)
        {
            var job = new BackwardJob { X = xPointer, Dy = dyPointer, Dx = dxPointer, Slices = new(dx.Length, 1, TLanes.Lanes) };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    struct ForwardJob : IJob
    {
        public float* X, Y;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            int i = Slices.Start(part), end = Slices.End(part);
            for (; i <= end - TLanes.Lanes; i += TLanes.Lanes) TLanes.Store(TFunction.Activate(TLanes.Load(X + i)), Y + i);
            if (i < end) Partial.Store(TFunction.Activate(Partial.Load<TLanes>(X + i, end - i)), Y + i, end - i);
        }
    }

    struct BackwardJob : IJob
    {
        public float* X, Dy, Dx;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            int i = Slices.Start(part), end = Slices.End(part);
            for (; i <= end - TLanes.Lanes; i += TLanes.Lanes)
                TLanes.Store(TLanes.MultiplyAdd(TLanes.Load(Dy + i), TFunction.Slope(TLanes.Load(X + i)), TLanes.Load(Dx + i)), Dx + i);
            if (i == end) return;
            int rest = end - i;
            TLanes slope = TFunction.Slope(Partial.Load<TLanes>(X + i, rest));
            Partial.Store(TLanes.MultiplyAdd(Partial.Load<TLanes>(Dy + i, rest), slope, Partial.Load<TLanes>(Dx + i, rest)), Dx + i, rest);
        }
    }
}

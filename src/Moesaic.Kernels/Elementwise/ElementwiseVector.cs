namespace Moesaic.Kernels;

/// <summary><see cref="Elementwise"/> for one vector width, over slices of the buffers.</summary>
static unsafe class ElementwiseVector<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    internal static void Add(Span<float> destination, ReadOnlySpan<float> source)
    {
        fixed (float* to = destination, from = source)
        {
            var job = new AddJob { To = to, From = from, Slices = new(destination.Length, 1, TLanes.Lanes) };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    internal static void AddScaled(Span<float> destination, ReadOnlySpan<float> source, float scale)
    {
        fixed (float* to = destination, from = source)
        {
            var job = new AddScaledJob
            {
                To = to, From = from, Scale = scale, Slices = new(destination.Length, 1, TLanes.Lanes),
            };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    internal static void Scale(Span<float> destination, float scale)
    {
        fixed (float* to = destination)
        {
            var job = new ScaleJob { To = to, Scale = scale, Slices = new(destination.Length, 1, TLanes.Lanes) };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    /// <summary>to[0..count) += scale · from[0..count), on the calling thread.</summary>
    internal static void AddScaledRow(float* to, float* from, float scale, int count)
    {
        TLanes factor = TLanes.Create(scale);
        int i = 0;
        for (; i <= count - TLanes.Lanes; i += TLanes.Lanes)
            TLanes.Store(TLanes.MultiplyAdd(factor, TLanes.Load(from + i), TLanes.Load(to + i)), to + i);
        if (i == count) return;
        TLanes last = Partial.Load<TLanes>(to + i, count - i);
        Partial.Store(TLanes.MultiplyAdd(factor, Partial.Load<TLanes>(from + i, count - i), last), to + i, count - i);
    }

    /// <summary>to[0..count) = scale · from[0..count), the bits of <see cref="AddScaledRow"/> to zeros; on the calling thread.</summary>
    internal static void SetScaledRow(float* to, float* from, float scale, int count)
    {
        TLanes factor = TLanes.Create(scale);
        int i = 0;
        for (; i <= count - TLanes.Lanes; i += TLanes.Lanes)
            TLanes.Store(TLanes.MultiplyAdd(factor, TLanes.Load(from + i), TLanes.Zero), to + i);
        if (i < count)
            Partial.Store(TLanes.MultiplyAdd(factor, Partial.Load<TLanes>(from + i, count - i), TLanes.Zero), to + i, count - i);
    }

    /// <summary>to[0..count) += from[0..count), on the calling thread.</summary>
    internal static void AddRow(float* to, float* from, int count)
    {
        int i = 0;
        for (; i <= count - TLanes.Lanes; i += TLanes.Lanes)
            TLanes.Store(TLanes.Load(to + i) + TLanes.Load(from + i), to + i);
        if (i == count) return;
        TLanes last = Partial.Load<TLanes>(to + i, count - i) + Partial.Load<TLanes>(from + i, count - i);
        Partial.Store(last, to + i, count - i);
    }

    /// <summary>to[0..count) *= scale, on the calling thread.</summary>
    internal static void ScaleRow(float* to, float scale, int count)
    {
        TLanes factor = TLanes.Create(scale);
        int i = 0;
        for (; i <= count - TLanes.Lanes; i += TLanes.Lanes) TLanes.Store(TLanes.Load(to + i) * factor, to + i);
        if (i < count) Partial.Store(Partial.Load<TLanes>(to + i, count - i) * factor, to + i, count - i);
    }

    struct AddJob : IJob
    {
        public float* To, From;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            int start = Slices.Start(part);
            AddRow(To + start, From + start, Slices.End(part) - start);
        }
    }

    struct AddScaledJob : IJob
    {
        public float* To, From;
        public float Scale;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            int start = Slices.Start(part);
            AddScaledRow(To + start, From + start, Scale, Slices.End(part) - start);
        }
    }

    struct ScaleJob : IJob
    {
        public float* To;
        public float Scale;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            int start = Slices.Start(part);
            ScaleRow(To + start, Scale, Slices.End(part) - start);
        }
    }
}

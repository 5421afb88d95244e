namespace Moesaic.Kernels;

/// <summary><see cref="Softmax"/> for one vector width, over slices of rows.</summary>
static unsafe class SoftmaxVector<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    internal static void Rows(ReadOnlySpan<float> x, int columns, Span<float> y)
    {
        fixed (float* xPointer = x, yPointer = y)
        {
            var job = new ForwardJob
            {
                X = xPointer, Y = yPointer, Columns = columns, Slices = new(x.Length / columns, columns),
            };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    internal static void RowsBackward(ReadOnlySpan<float> y, ReadOnlySpan<float> dy, int columns, Span<float> dx)
    {
        fixed (float* yPointer = y, dyPointer = dy, dxPointer = dx)
        {
            var job = new BackwardJob
            {
                Y = yPointer, Dy = dyPointer, Dx = dxPointer, Columns = columns, Slices = new(y.Length / columns, columns),
            };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    /// <summary>y = e^(x − max) of one row; returns the sum of y.</summary>
    internal static float ExpOfRow(float* x, int columns, float* y, float max)
    {
        TLanes sum = TLanes.Zero, top = TLanes.Create(max);
        int i = 0;
        for (; i <= columns - TLanes.Lanes; i += TLanes.Lanes)
        {
            TLanes e = Exponential.Exp(TLanes.Load(x + i) - top);
            TLanes.Store(e, y + i);
            sum += e;
        }

        if (i < columns)
        {
            TLanes e = Exponential.Exp(Partial.Load<TLanes>(x + i, columns - i, float.NegativeInfinity) - top);
            Partial.Store(e, y + i, columns - i);
            sum += e;
        }

        return TLanes.Sum(sum);
    }

    /// <summary>The largest value of a row; unspecified where the row holds NaN.</summary>
    internal static float MaxOfRow(float* x, int columns)
    {
        TLanes max = TLanes.Create(float.NegativeInfinity);
        int i = 0;
        for (; i <= columns - TLanes.Lanes; i += TLanes.Lanes) max = TLanes.Max(max, TLanes.Load(x + i));
        if (i < columns)
            max = TLanes.Max(max, Partial.Load<TLanes>(x + i, columns - i, float.NegativeInfinity));
        return TLanes.MaxOf(max);
    }

    struct ForwardJob : IJob
    {
        public float* X, Y;
        public int Columns;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            for (int row = Slices.Start(part); row < Slices.End(part); row++)
            {
                float* x = X + (nint)row * Columns, y = Y + (nint)row * Columns;
                float sum = ExpOfRow(x, Columns, y, MaxOfRow(x, Columns));
                ElementwiseVector<TLanes>.ScaleRow(y, 1 / sum, Columns);
            }
        }
    }

    struct BackwardJob : IJob
    {
        public float* Y, Dy, Dx;
        public int Columns;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            for (int row = Slices.Start(part); row < Slices.End(part); row++)
            {
                nint at = (nint)row * Columns;
                Spread(Y + at, Dy + at, Dx + at, TLanes.Create(Sums<TLanes>.Dot(Y + at, Dy + at, Columns)));
            }
        }

        readonly void Spread(float* y, float* dy, float* dx, TLanes dot)
        {
            int i = 0;
            for (; i <= Columns - TLanes.Lanes; i += TLanes.Lanes)
            {
                TLanes.Store(
                    TLanes.MultiplyAdd(TLanes.Load(y + i), TLanes.Load(dy + i) - dot, TLanes.Load(dx + i)), dx + i);
            }

            if (i == Columns) return;
            int rest = Columns - i;
            TLanes last = Partial.Load<TLanes>(dy + i, rest) - dot;
            last = TLanes.MultiplyAdd(Partial.Load<TLanes>(y + i, rest), last, Partial.Load<TLanes>(dx + i, rest));
            Partial.Store(last, dx + i, rest);
        }
    }
}

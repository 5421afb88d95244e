namespace Moesaic.Kernels;

/// <summary><see cref="RmsNorm"/> for one vector width, over slices of rows.</summary>
static unsafe class RmsNormVector<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    internal static void Forward(
        ReadOnlySpan<float> x, ReadOnlySpan<float> weight, float epsilon, Span<float> y, Span<float> inverseRms)
    {
        fixed (float* xPointer = x, weightPointer = weight, yPointer = y, inversePointer = inverseRms)
        {
            var job = new ForwardJob
            {
                X = xPointer, Weight = weightPointer, Y = yPointer, InverseRms = inversePointer, Epsilon = epsilon,
                Width = weight.Length, Slices = new(inverseRms.Length, weight.Length),
            };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    struct ForwardJob : IJob
    {
        public float* X, Weight, Y, InverseRms;
        public float Epsilon;
        public int Width;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            for (int row = Slices.Start(part); row < Slices.End(part); row++)
            {
                float* x = X + (nint)row * Width, y = Y + (nint)row * Width;
                float inverse = 1 / MathF.Sqrt(Sums<TLanes>.Dot(x, x, Width) / Width + Epsilon);
                InverseRms[row] = inverse;
                Normalise(x, y, TLanes.Create(inverse));
            }
        }

        readonly void Normalise(float* x, float* y, TLanes inverse)
        {
            int i = 0;
            for (; i <= Width - TLanes.Lanes; i += TLanes.Lanes)
                TLanes.Store(TLanes.Load(x + i) * inverse * TLanes.Load(Weight + i), y + i);
            if (i == Width) return;
            int rest = Width - i;
            TLanes last = Partial.Load<TLanes>(x + i, rest) * inverse * Partial.Load<TLanes>(Weight + i, rest);
            Partial.Store(last, y + i, rest);
        }
    }
}

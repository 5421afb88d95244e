namespace Moesaic.Kernels;

/// <summary>
/// The backward of <see cref="RmsNorm"/> for one vector width. The weight's gradient is a sum over all rows: each slice
/// of rows sums into a row of its own, and the slices' rows are added in order.
/// </summary>
static unsafe class RmsNormVectorBackward<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    internal static void Run(
        ReadOnlySpan<float> x, ReadOnlySpan<float> weight, ReadOnlySpan<float> inverseRms, ReadOnlySpan<float> dy,
        Span<float> dx, Span<float> dWeight)
    {
        fixed (float* xPointer = x, weightPointer = weight, inversePointer = inverseRms, dyPointer = dy, dxPointer = dx)
        {
            var job = new Job
            {
                X = xPointer, Weight = weightPointer, InverseRms = inversePointer, Dy = dyPointer,
                Dx = dx.IsEmpty ? null : dxPointer, Width = weight.Length, Slices = new(inverseRms.Length, weight.Length),
            };
            int parts = job.Slices.Count;
            if (!dWeight.IsEmpty) job.PartialSums = NativeBuffer.Of<Job>().Take((long)parts * weight.Length);
            WorkerTeam.Run(ref job, parts);
            for (int part = 0; part < parts && !dWeight.IsEmpty; part++)
                ElementwiseVector<TLanes>.Add(dWeight, new(job.PartialSums + (nint)part * weight.Length, weight.Length));
        }
    }

    struct Job : IJob
    {
        public float* X, Weight, InverseRms, Dy, Dx, PartialSums;
        public int Width;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            float* sums = PartialSums + (nint)part * Width;
            if (PartialSums != null) new Span<float>(sums, Width).Clear();
            for (int row = Slices.Start(part); row < Slices.End(part); row++)
            {
                nint at = (nint)row * Width;
                float inverse = InverseRms[row];
                if (PartialSums != null) AddToWeight(X + at, Dy + at, TLanes.Create(inverse), sums);
                if (Dx == null) continue;
                float pull = Sums<TLanes>.Dot(Dy + at, Weight, X + at, Width) / Width * inverse * inverse;
                AddToInput(X + at, Dy + at, TLanes.Create(inverse), TLanes.Create(-pull), Dx + at);
            }
        }

        readonly void AddToWeight(float* x, float* dy, TLanes inverse, float* sums)
        {
            int i = 0;
            for (; i <= Width - TLanes.Lanes; i += TLanes.Lanes)
            {
                TLanes.Store(
                    TLanes.MultiplyAdd(TLanes.Load(dy + i) * TLanes.Load(x + i), inverse, TLanes.Load(sums + i)), sums + i);
            }

            if (i == Width) return;
            int rest = Width - i;
            TLanes last = Partial.Load<TLanes>(dy + i, rest) * Partial.Load<TLanes>(x + i, rest);
            Partial.Store(TLanes.MultiplyAdd(last, inverse, Partial.Load<TLanes>(sums + i, rest)), sums + i, rest);
        }

        readonly void AddToInput(float* x, float* dy, TLanes inverse, TLanes minusPull, float* dx)
        {
            int i = 0;
            for (; i <= Width - TLanes.Lanes; i += TLanes.Lanes)
            {
                TLanes g = TLanes.MultiplyAdd(TLanes.Load(x + i), minusPull, TLanes.Load(dy + i) * TLanes.Load(Weight + i));
                TLanes.Store(TLanes.MultiplyAdd(g, inverse, TLanes.Load(dx + i)), dx + i);
            }

            if (i == Width) return;
            int rest = Width - i;
            TLanes last = Partial.Load<TLanes>(dy + i, rest) * Partial.Load<TLanes>(Weight + i, rest);
            last = TLanes.MultiplyAdd(Partial.Load<TLanes>(x + i, rest), minusPull, last);
            Partial.Store(TLanes.MultiplyAdd(last, inverse, Partial.Load<TLanes>(dx + i, rest)), dx + i, rest);
        }
    }
}

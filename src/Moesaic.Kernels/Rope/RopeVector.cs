namespace Moesaic.Kernels;

/// <summary><see cref="Rope"/> for one vector width, over slices of tokens.</summary>
static unsafe class RopeVector<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    internal static void Apply(
        Span<float> x, int heads, int headDim, ReadOnlySpan<int> positions, ReadOnlySpan<float> cos,
        ReadOnlySpan<float> sin, bool inverse)
    {
        fixed (float* xPointer = x, cosPointer = cos, sinPointer = sin)
        fixed (int* positionPointer = positions)
        {
            var job = new Job
            {
                X = xPointer, Cos = cosPointer, Sin = sinPointer, Positions = positionPointer, Heads = heads,
                Half = headDim / 2, Sign = inverse ? -1 : 1, Slices = new(positions.Length, heads * headDim),
            };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    struct Job : IJob
    {
        public float* X, Cos, Sin;
        public int* Positions;
        public int Heads, Half;
        public float Sign;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            for (int t = Slices.Start(part); t < Slices.End(part); t++)
            {
                nint table = (nint)Positions[t] * Half;
                for (int head = 0; head < Heads; head++)
                    Turn(X + ((nint)t * Heads + head) * 2 * Half, Cos + table, Sin + table);
            }
        }

        readonly void Turn(float* low, float* cos, float* sin)
        {
            float* high = low + Half;
            TLanes sign = TLanes.Create(Sign);
            int i = 0;
            for (; i <= Half - TLanes.Lanes; i += TLanes.Lanes)
            {
                TLanes a = TLanes.Load(low + i), b = TLanes.Load(high + i), c = TLanes.Load(cos + i);
                TLanes s = TLanes.Load(sin + i) * sign;
                TLanes.Store(a * c - b * s, low + i);
                TLanes.Store(b * c + a * s, high + i);
            }

            if (i < Half) TurnLast(low + i, high + i, cos + i, sin + i, Half - i, sign);
        }

        static void TurnLast(float* low, float* high, float* cos, float* sin, int rest, TLanes sign)
        {
            TLanes a = Partial.Load<TLanes>(low, rest), b = Partial.Load<TLanes>(high, rest);
            TLanes c = Partial.Load<TLanes>(cos, rest), s = Partial.Load<TLanes>(sin, rest) * sign;
            Partial.Store(a * c - b * s, low, rest);
            Partial.Store(b * c + a * s, high, rest);
        }
    }
}

using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary><see cref="AdamW"/> for one vector width, over slices of the buffers.</summary>
static unsafe class AdamWVector<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    internal static void Step(
        Span<float> parameter, ReadOnlySpan<float> gradient, Span<float> m, Span<float> v, in AdamWStep step)
    {
        fixed (float* parameterPointer = parameter, gradientPointer = gradient, mPointer = m, vPointer = v)
        {
            var job = new Job
            {
                Parameter = parameterPointer, Gradient = gradientPointer, M = mPointer, V = vPointer, Step = step,
                Rate = (float)(step.LearningRate / (1 - Math.Pow(step.Beta1, step.Step))),
                Root = (float)Math.Sqrt(1 - Math.Pow(step.Beta2, step.Step)),
                Keep = (float)(1 - (double)step.LearningRate * step.WeightDecay),
                Slices = new(parameter.Length, 1, TLanes.Lanes),
            };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    struct Job : IJob
    {
        public float* Parameter, Gradient, M, V;
        public AdamWStep Step;
        public float Rate, Root, Keep;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            int i = Slices.Start(part), end = Slices.End(part);
            for (; i <= end - TLanes.Lanes; i += TLanes.Lanes)
            {
                TLanes p = TLanes.Load(Parameter + i), m = TLanes.Load(M + i), v = TLanes.Load(V + i);
                Update(TLanes.Load(Gradient + i), ref p, ref m, ref v);
                TLanes.Store(p, Parameter + i);
                TLanes.Store(m, M + i);
                TLanes.Store(v, V + i);
            }

            if (i < end) UpdateLast(i, end - i);
        }

        readonly void UpdateLast(int i, int rest)
        {
            TLanes p = Partial.Load<TLanes>(Parameter + i, rest);
            TLanes m = Partial.Load<TLanes>(M + i, rest), v = Partial.Load<TLanes>(V + i, rest);
            Update(Partial.Load<TLanes>(Gradient + i, rest), ref p, ref m, ref v);
            Partial.Store(p, Parameter + i, rest);
            Partial.Store(m, M + i, rest);
            Partial.Store(v, V + i, rest);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        readonly void Update(TLanes gradient, ref TLanes p, ref TLanes m, ref TLanes v)
        {
            TLanes g = gradient * TLanes.Create(Step.GradientScale);
            m = TLanes.MultiplyAdd(TLanes.Create(Step.Beta1), m, TLanes.Create(1 - Step.Beta1) * g);
            v = TLanes.MultiplyAdd(TLanes.Create(Step.Beta2), v, TLanes.Create(1 - Step.Beta2) * g * g);
            TLanes divisor = TLanes.Sqrt(v) / TLanes.Create(Root) + TLanes.Create(Step.Epsilon);
            p = p * TLanes.Create(Keep) - TLanes.Create(Rate) * m / divisor;
        }
    }
}

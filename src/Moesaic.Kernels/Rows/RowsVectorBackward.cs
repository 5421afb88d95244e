namespace Moesaic.Kernels;

/// <summary>The backward of <see cref="Rows.Combine"/> for one vector width.</summary>
static unsafe class RowsVectorBackward<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    internal static void Run(
        ReadOnlySpan<float> outputs, ReadOnlySpan<int> slots, ReadOnlySpan<float> weights, int chosen, int width,
        ReadOnlySpan<float> dy, Span<float> dOutputs, Span<float> dWeights)
    {
        fixed (float* outputPointer = outputs, weightPointer = weights, dyPointer = dy)
        fixed (float* dOutputPointer = dOutputs, dWeightPointer = dWeights)
        fixed (int* slotPointer = slots)
        {
            if (!dWeights.IsEmpty)
            {
                var job = new WeightJob
                {
                    Outputs = outputPointer, Dy = dyPointer, DWeights = dWeightPointer, Slots = slotPointer,
                    Chosen = chosen, Width = width, Slices = new(slots.Length, width),
                };
                WorkerTeam.Run(ref job, job.Slices.Count);
            }

            if (!dOutputs.IsEmpty)
            {
                int rows = dOutputs.Length / width;
                var job = new OutputJob
                {
                    Weights = weightPointer, Dy = dyPointer, DOutputs = dOutputPointer, Groups = RowGroups.Of(slots, rows),
                    Chosen = chosen, Width = width, Slices = new(rows, width),
                };
                WorkerTeam.Run(ref job, job.Slices.Count);
            }
        }
    }

    struct WeightJob : IJob
    {
        public float* Outputs, Dy, DWeights;
        public int* Slots;
        public int Chosen, Width;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            for (int slot = Slices.Start(part); slot < Slices.End(part); slot++)
            {
                if (Slots[slot] < 0) continue;
                DWeights[slot] += Sums<TLanes>.Dot(
                    Outputs + (nint)Slots[slot] * Width, Dy + (nint)(slot / Chosen) * Width, Width);
            }
        }
    }

    struct OutputJob : IJob
    {
        public float* Weights, Dy, DOutputs;
        public RowGroups Groups;
        public int Chosen, Width;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            for (int row = Slices.Start(part); row < Slices.End(part); row++)
            {
                for (int i = Groups.Starts[row]; i < Groups.Starts[row + 1]; i++)
                {
                    int slot = Groups.Positions[i];
                    ElementwiseVector<TLanes>.AddScaledRow(
                        DOutputs + (nint)row * Width, Dy + (nint)(slot / Chosen) * Width, Weights[slot], Width);
                }
            }
        }
    }
}

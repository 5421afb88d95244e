namespace Moesaic.Kernels;

/// <summary>The backward of <see cref="Rows.Combine"/> for one vector width.</summary>
static unsafe class RowsVectorBackward<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    internal static void Run(
        ReadOnlySpan<float> outputs, ReadOnlySpan<int> slots, ReadOnlySpan<float> weights, int chosen, int width,
        ReadOnlySpan<float> dy, Span<float> dOutputs, Span<float> dWeights, bool fresh)
    {
        fixed (float* outputPointer = outputs, weightPointer = weights, dyPointer = dy)
        fixed (float* dOutputPointer = dOutputs, dWeightPointer = dWeights)
        fixed (int* slotPointer = slots)
        {
            if (dOutputs.IsEmpty)
            {
                var job = new WeightJob
                {
                    Outputs = outputPointer, Dy = dyPointer, DWeights = dWeightPointer, Slots = slotPointer,
                    Chosen = chosen, Width = width, Slices = new(slots.Length, width),
                };
                if (!dWeights.IsEmpty) WorkerTeam.Run(ref job, job.Slices.Count);
            }
            else
            {
                int rows = dOutputs.Length / width;
                var job = new OutputJob
                {
                    Outputs = outputPointer, Weights = weightPointer, Dy = dyPointer, DOutputs = dOutputPointer, DWeights = dWeightPointer,
                    Groups = RowGroups.Of(slots, rows), Chosen = chosen, Width = width, Fresh = fresh, Slices = new(rows, width),
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

    // Row by row of the outputs, so that both gradients find the row of dy in the nearest cache; each slot belongs to one row.
    struct OutputJob : IJob
    {
        public float* Outputs, Weights, Dy, DOutputs, DWeights;
        public RowGroups Groups;
        public int Chosen, Width;
        public bool Fresh;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            for (int row = Slices.Start(part); row < Slices.End(part); row++)
            {
                float* output = Outputs + (nint)row * Width, target = DOutputs + (nint)row * Width;
                int first = Groups.Starts[row], end = Groups.Starts[row + 1];
                if (Fresh && first == end) new Span<float>(target, Width).Clear();
                for (int i = first; i < end; i++)
                {
                    int slot = Groups.Positions[i];
                    float* dy = Dy + (nint)(slot / Chosen) * Width;
                    if (DWeights != null) DWeights[slot] += Sums<TLanes>.Dot(output, dy, Width);
                    if (Fresh && i == first) ElementwiseVector<TLanes>.SetScaledRow(target, dy, Weights[slot], Width);
                    else ElementwiseVector<TLanes>.AddScaledRow(target, dy, Weights[slot], Width);
                }
            }
        }
    }
}

using System.Runtime.Intrinsics.X86;

namespace Moesaic.Kernels;

/// <summary><see cref="Rows"/> for one vector width, over slices of the rows written.</summary>
static unsafe class RowsVector<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>
    /// Rows between the one that is read and the one that is asked for: what is read lies here and there, and the processor foresees
    /// only what follows in order. Measured: a twentieth less time for rows of 256.
    /// </summary>
    const int Ahead = 8;

    const int FloatsPerLine = 16, MostAhead = 256;

    internal static void Gather(ReadOnlySpan<float> source, ReadOnlySpan<int> index, int width, Span<float> destination)
    {
        fixed (float* from = source, to = destination)
        fixed (int* indices = index)
        {
            var job = new GatherJob
            {
                From = from, To = to, Index = indices, Width = width, Slices = new(index.Length, width),
            };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    internal static void ScatterAdd(
        ReadOnlySpan<float> source, ReadOnlySpan<int> index, int width, Span<float> destination)
    {
        if (width == 0) return;
        int rows = destination.Length / width;
        fixed (float* from = source, to = destination)
        {
            var job = new ScatterJob
            {
                From = from, To = to, Groups = RowGroups.Of(index, rows), Width = width, Slices = new(rows, width),
            };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    internal static void Combine(
        ReadOnlySpan<float> outputs, ReadOnlySpan<int> slots, ReadOnlySpan<float> weights, int chosen, int width,
        Span<float> y)
    {
        if (chosen == 0) return;
        fixed (float* from = outputs, factors = weights, to = y)
        fixed (int* slotPointer = slots)
        {
            var job = new CombineJob
            {
                Outputs = from, Weights = factors, Y = to, Slots = slotPointer, Chosen = chosen, Width = width,
                Slices = new(slots.Length / chosen, chosen * width),
            };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }
    }

    static void Ask(float* row, int width)
    {
        if (!Sse.IsSupported) return;
        for (int i = 0; i < Math.Min(width, MostAhead); i += FloatsPerLine) Sse.Prefetch0(row + i);
    }

    struct GatherJob : IJob
    {
        public float* From, To;
        public int* Index;
        public int Width;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            for (int r = Slices.Start(part); r < Slices.End(part); r++)
                new ReadOnlySpan<float>(From + (nint)Index[r] * Width, Width).CopyTo(new(To + (nint)r * Width, Width));
        }
    }

    struct ScatterJob : IJob
    {
        public float* From, To;
        public RowGroups Groups;
        public int Width;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            int last = Groups.Starts[Slices.End(part)];
            for (int row = Slices.Start(part); row < Slices.End(part); row++)
            {
                for (int i = Groups.Starts[row]; i < Groups.Starts[row + 1]; i++)
                {
                    if (i + Ahead < last) Ask(From + (nint)Groups.Positions[i + Ahead] * Width, Width);
                    ElementwiseVector<TLanes>.AddRow(
                        To + (nint)row * Width, From + (nint)Groups.Positions[i] * Width, Width);
                }
            }
        }
    }

    struct CombineJob : IJob
    {
        public float* Outputs, Weights, Y;
        public int* Slots;
        public int Chosen, Width;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            int end = Slices.End(part) * Chosen;
            for (int slot = Slices.Start(part) * Chosen; slot < end; slot++)
            {
                if (slot + Ahead < end && Slots[slot + Ahead] >= 0) Ask(Outputs + (nint)Slots[slot + Ahead] * Width, Width);
                if (Slots[slot] < 0) continue;
                ElementwiseVector<TLanes>.AddScaledRow(
                    Y + (nint)(slot / Chosen) * Width, Outputs + (nint)Slots[slot] * Width, Weights[slot], Width);
            }
        }
    }
}

using Moesaic.Kernels;
using Moesaic.Tensors;

namespace Moesaic.Methods.Construction.Clustering;

/// <summary>Which neurons were among the K most active of a token: a binary matrix [T, F] of which the ones alone are kept.</summary>
/// <param name="width">Number of neurons, F.</param>
/// <param name="perToken">K; neurons that hold 0 are never marked.</param>
public sealed unsafe class ActivationMarkers(int width, int perToken)
{
    readonly int perToken = Math.Min(perToken, width);
    readonly List<int[]> tokens = [];

    /// <summary>Number of neurons, F.</summary>
    public int Width => width;

    /// <summary>Number of tokens, T.</summary>
    public int Tokens => tokens.Count;

    /// <summary>Marks the neurons of more tokens.</summary>
    /// <param name="activity">[T, F]; magnitudes decide, ties go to the lowest neuron.</param>
    /// <param name="counted">T flags; empty when all count.</param>
    public void Add(Tensor activity, ReadOnlySpan<bool> counted)
    {
        var found = new int[activity.Rows * perToken];
        fixed (int* to = found)
        {
            var job = new MarkJob { Activity = activity.Pointer, Found = to, Width = width, Count = perToken };
            WorkerTeam.Run(ref job, activity.Rows);
        }
        for (var t = 0; t < activity.Rows; t++)
            if (counted.IsEmpty || counted[t])
                tokens.Add([.. found.AsSpan(t * perToken, perToken).ToArray().Where(j => j >= 0).Order()]);
    }

    /// <summary>How many tokens each neuron was marked for, [F].</summary>
    public int[] Counts()
    {
        var counts = new int[width];
        foreach (var token in tokens)
            foreach (var j in token) counts[j]++;
        return counts;
    }

    /// <summary>The tokens each neuron was marked for, ascending: the columns of the matrix.</summary>
    public int[][] Columns()
    {
        int[][] columns = [.. Counts().Select(count => new int[count])];
        var filled = new int[width];
        for (var t = 0; t < tokens.Count; t++)
            foreach (var j in tokens[t]) columns[j][filled[j]++] = t;
        return columns;
    }

    struct MarkJob : IJob
    {
        public float* Activity;
        public int* Found;
        public int Width, Count;

        public readonly void Execute(int part)
        {
            var h = Activity + ((long)part * Width);
            var best = new Span<int>(Found + (part * Count), Count);
            Span<float> sizes = Count <= 256 ? stackalloc float[Count] : new float[Count];
            best.Fill(-1);
            sizes.Clear();
            var weakest = 0;
            for (var j = 0; j < Width; j++)
            {
                var size = MathF.Abs(h[j]);
                if (!(size > sizes[weakest])) continue;
                (best[weakest], sizes[weakest]) = (j, size);
                // Of equals the latest leaves first.
                for (var i = 0; i < Count; i++)
                    if (sizes[i] < sizes[weakest] || (sizes[i] == sizes[weakest] && best[i] > best[weakest])) weakest = i;
            }
        }
    }
}

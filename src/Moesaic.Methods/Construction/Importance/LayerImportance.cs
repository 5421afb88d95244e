using Moesaic.Kernels;
using Moesaic.Methods.Construction.Divisions;
using Moesaic.Tensors;

namespace Moesaic.Methods.Construction.Importance;

/// <summary>Importance of the neurons of one layer for each cluster of tokens: I[c][j] = Σ kernel(v[t, j]) / T_c over the tokens t of cluster c.</summary>
/// <param name="clusters">Number of clusters, E.</param>
/// <param name="width">Number of neurons, F.</param>
/// <param name="options">What v is and where the kernel stands; null for the defaults.</param>
public sealed unsafe class LayerImportance(int clusters, int width, ImportanceOptions? options = null)
{
    readonly ImportanceOptions options = options ?? new ImportanceOptions();

    /// <summary>Per cluster and neuron what was summed.</summary>
    internal double[][] Sums { get; } = [.. Enumerable.Range(0, clusters).Select(_ => new double[width])];

    /// <summary>Tokens per cluster, T_c.</summary>
    public long[] Tokens { get; } = new long[clusters];

    /// <summary>I[c][j]; zeros for a cluster without tokens.</summary>
    public double[][] Mean => [.. Sums.Select((row, c) => row.Select(sum =>
        (options.Accumulate == ImportanceSum.Total ? Kernel(sum, options.Kernel) : sum) / Math.Max(1, Tokens[c])).ToArray())];

    /// <summary>What experts are given by: the importance, normalised and turned round when the options say so.</summary>
    public double[][] Scores
    {
        get
        {
            var scores = options.Normalise ? ImportanceAssignment.Normalise(Mean) : Mean;
            return options.Criterion == ImportanceCriterion.Max ? scores : [.. scores.Select(row => row.Select(s => -s).ToArray())];
        }
    }

    /// <summary>Adds tokens.</summary>
    /// <param name="neurons">[T, F] h.</param>
    /// <param name="gradients">[T, F] ∂L/∂h.</param>
    /// <param name="labels">T clusters.</param>
    /// <param name="counted">T flags; empty when all count.</param>
    public void Add(Tensor neurons, Tensor gradients, ReadOnlySpan<int> labels, ReadOnlySpan<bool> counted)
    {
        var tokens = new List<int>();
        for (var t = 0; t < labels.Length; t++)
        {
            if (!counted.IsEmpty && !counted[t]) continue;
            Tokens[labels[t]]++;
            tokens.Add(t);
        }
        var job = new AddJob
        {
            Neurons = neurons.Pointer, Gradients = gradients.Pointer, Labels = labels.ToArray(), Tokens = [.. tokens], Sums = Sums, Width = width,
            Gradient = options.Feature == ImportanceFeature.Gradient,
            Kernel = options.Accumulate == ImportanceSum.Total ? ActivationKernel.Plain : options.Kernel,
        };
        WorkerTeam.Run(ref job, (width + AddJob.Slice - 1) / AddJob.Slice);
    }

    static double Kernel(double value, ActivationKernel kernel) => kernel switch
    {
        ActivationKernel.L1 => Math.Abs(value),
        ActivationKernel.L2 => value * value,
        _ => value,
    };

    // A part is a run of neurons over all tokens, so that every sum has one order.
    struct AddJob : IJob
    {
        public const int Slice = 512;
        public float* Neurons, Gradients;
        public int[] Labels, Tokens;
        public double[][] Sums;
        public int Width;
        public bool Gradient;
        public ActivationKernel Kernel;

        public readonly void Execute(int part)
        {
            int start = part * Slice, count = Math.Min(Slice, Width - start);
            foreach (var t in Tokens)
            {
                var sums = Sums[Labels[t]].AsSpan(start, count);
                var h = new ReadOnlySpan<float>(Neurons + ((long)t * Width) + start, count);
                var dh = new ReadOnlySpan<float>(Gradients + ((long)t * Width) + start, count);
                if (!Gradient && Kernel == ActivationKernel.L1)
                    for (var j = 0; j < sums.Length; j++) sums[j] += Math.Abs((double)h[j] * dh[j]);
                else
                    for (var j = 0; j < sums.Length; j++)
                        sums[j] += LayerImportance.Kernel(Gradient ? dh[j] : (double)h[j] * dh[j], Kernel);
            }
        }
    }
}

using Moesaic.Kernels;
using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Methods.Calibration;

/// <summary>What the experts of a layer give: sums over the rows each of them computed.</summary>
/// <param name="experts">E.</param>
/// <param name="width">D.</param>
public sealed class OutputStatistics(int experts, int width)
{
    /// <summary>Number of experts, E.</summary>
    public int Experts { get; } = experts;

    /// <summary>Model width, D.</summary>
    public int Width { get; } = width;

    /// <summary>[E] rows: the count that goes with every sum.</summary>
    public long[] Rows { get; } = new long[experts];

    /// <summary>[E] Σ ‖f‖.</summary>
    public double[] Norms { get; } = new double[experts];

    /// <summary>[E] Σ ‖f‖².</summary>
    public double[] SquaredNorms { get; } = new double[experts];

    /// <summary>[E] Σ g ‖f‖, with the gate that <see cref="RouterStatistics"/> names.</summary>
    public double[] GatedNorms { get; } = new double[experts];

    /// <summary>[E] the largest |f| of any channel.</summary>
    public double[] Largest { get; } = new double[experts];

    /// <summary>[E, D] Σ f.</summary>
    public double[] Sums { get; } = new double[experts * width];

    /// <summary>The mean output of an expert, [D]; zeros when it had no row.</summary>
    public double[] Mean(int expert) => [.. Sums.AsSpan(expert * Width, Width).ToArray().Select(s => s / Math.Max(1, Rows[expert]))];

    /// <summary>[E, E] cosines of the mean outputs; 0 with an expert that had no row.</summary>
    public double[,] MeanCosines()
    {
        var cosines = new double[Experts, Experts];
        for (var a = 0; a < Experts; a++)
            for (var b = 0; b <= a; b++)
                cosines[a, b] = cosines[b, a] = Cosine(Sums.AsSpan(a * Width, Width), Sums.AsSpan(b * Width, Width));
        return cosines;
    }

    /// <summary>Adds outputs, expert by expert in parallel; each in the order of its rows, so that threads change no bit.</summary>
    /// <param name="outputs">[R, D], sorted by expert.</param>
    /// <param name="dispatch">Whose rows they are, and of which token.</param>
    /// <param name="gates">R gates.</param>
    /// <param name="counted">Which tokens count; empty for all.</param>
    internal void Add(Tensor outputs, in Dispatch dispatch, float[] gates, ReadOnlyMemory<bool> counted)
    {
        var job = new Job { Target = this, Outputs = outputs, Dispatch = dispatch, Gates = gates, Counted = counted };
        WorkerTeam.Run(ref job, Experts);
    }

    static double Cosine(ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        double product = 0, ofFirst = 0, ofSecond = 0;
        for (var d = 0; d < first.Length; d++)
        {
            product += first[d] * second[d];
            ofFirst += first[d] * first[d];
            ofSecond += second[d] * second[d];
        }
        return ofFirst > 0 && ofSecond > 0 ? product / Math.Sqrt(ofFirst * ofSecond) : 0;
    }

    struct Job : IJob
    {
        public OutputStatistics Target;
        public Tensor Outputs;
        public Dispatch Dispatch;
        public float[] Gates;
        public ReadOnlyMemory<bool> Counted;

        public readonly void Execute(int part)
        {
            ReadOnlySpan<int> tokens = Dispatch.Tokens.Span;
            ReadOnlySpan<bool> counted = Counted.Span;
            var sum = Target.Sums.AsSpan(part * Target.Width, Target.Width);
            for (var r = Dispatch.Offsets[part]; r < Dispatch.Offsets[part + 1]; r++)
            {
                if (!counted.IsEmpty && !counted[tokens[r]]) continue;
                var (squares, largest) = RowMoments.Add(Outputs.Row(r), sum);
                var norm = Math.Sqrt(squares);
                Target.Rows[part]++;
                Target.Norms[part] += norm;
                Target.SquaredNorms[part] += squares;
                Target.GatedNorms[part] += Gates[r] * norm;
                Target.Largest[part] = Math.Max(Target.Largest[part], largest);
            }
        }
    }
}

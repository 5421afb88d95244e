using Moesaic.Kernels;
using Moesaic.Tensors;

namespace Moesaic.Methods.Calibration;

/// <summary>The same tokens' residual streams before every layer and after the last.</summary>
/// <param name="count">L + 1.</param>
/// <param name="rows">Tokens; 0 for none.</param>
/// <param name="width">D.</param>
sealed class BoundarySamples(int count, int rows, int width) : IDisposable
{
    readonly Tensor[] samples = [.. Enumerable.Range(0, count).Select(_ => new Tensor(rows, width))];

    /// <summary>[rows, D] before a layer.</summary>
    public Tensor this[int boundary] => samples[boundary];

    /// <summary>[L + 1, L + 1] mean cosines; empty without tokens.</summary>
    public double[,] Cosines()
    {
        if (rows == 0) return new double[0, 0];
        var cosines = new double[count, count];
        var job = new Job { Samples = samples, Cosines = cosines };
        WorkerTeam.Run(ref job, count);
        return cosines;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var sample in samples) sample.Dispose();
    }

    struct Job : IJob
    {
        public Tensor[] Samples;
        public double[,] Cosines;

        public readonly void Execute(int part)
        {
            for (var other = part; other < Samples.Length; other++)
            {
                double sum = 0;
                for (var row = 0; row < Samples[part].Rows; row++) sum += RowMoments.Cosine(Samples[part].Row(row), Samples[other].Row(row));
                Cosines[part, other] = Cosines[other, part] = sum / Samples[part].Rows;
            }
        }
    }
}

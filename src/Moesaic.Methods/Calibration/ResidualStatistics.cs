using Moesaic.Kernels;
using Moesaic.Tensors;

namespace Moesaic.Methods.Calibration;

/// <summary>
/// How little a layer turns the residual stream: sums over tokens of the cosine between what goes in and what comes out, of the layer and
/// of its two halves (Unified-MoE-Compression, He et al. 2024: what is most alike is dropped first).
/// </summary>
public sealed record ResidualStatistics
{
    const int TokensPerPart = 128;

    /// <summary>Tokens: the count that goes with every sum.</summary>
    public long Tokens { get; init; }

    /// <summary>Σ cos(x, x + attention(norm(x))).</summary>
    public double Attention { get; init; }

    /// <summary>Σ cos(x, x + feedForward(norm(x))).</summary>
    public double FeedForward { get; init; }

    /// <summary>Σ cos(input of the layer, output of the layer).</summary>
    public double Block { get; init; }

    /// <summary>These and those of more tokens.</summary>
    /// <param name="before">[T, D]: what the layer reads.</param>
    /// <param name="between">[T, D]: after its attention.</param>
    /// <param name="after">[T, D]: what it gives.</param>
    /// <param name="counted">Which tokens count; empty for all.</param>
    internal ResidualStatistics And(Tensor before, Tensor between, Tensor after, ReadOnlyMemory<bool> counted)
    {
        // Parts of the same tokens whatever the number of threads, added up in their order.
        var parts = new ResidualStatistics[(before.Rows + TokensPerPart - 1) / TokensPerPart];
        var job = new Job { Parts = parts, Before = before, Between = between, After = after, Counted = counted };
        WorkerTeam.Run(ref job, parts.Length);
        return parts.Aggregate(this, (a, b) => new ResidualStatistics
        {
            Tokens = a.Tokens + b.Tokens, Attention = a.Attention + b.Attention, FeedForward = a.FeedForward + b.FeedForward, Block = a.Block + b.Block,
        });
    }

    struct Job : IJob
    {
        public ResidualStatistics[] Parts;
        public Tensor Before, Between, After;
        public ReadOnlyMemory<bool> Counted;

        public readonly void Execute(int part)
        {
            long tokens = 0;
            double attention = 0, feedForward = 0, block = 0;
            for (var t = part * TokensPerPart; t < Math.Min(Before.Rows, (part + 1) * TokensPerPart); t++)
            {
                if (!Counted.IsEmpty && !Counted.Span[t]) continue;
                tokens++;
                attention += RowMoments.Cosine(Before.Row(t), Between.Row(t));
                feedForward += RowMoments.Cosine(Between.Row(t), After.Row(t));
                block += RowMoments.Cosine(Before.Row(t), After.Row(t));
            }
            Parts[part] = new ResidualStatistics { Tokens = tokens, Attention = attention, FeedForward = feedForward, Block = block };
        }
    }
}

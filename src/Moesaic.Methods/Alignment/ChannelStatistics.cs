using Moesaic.Tensors;

namespace Moesaic.Methods.Alignment;

/// <summary>Mean and variance of every channel of a layer's output over the counted tokens.</summary>
/// <param name="Mean">D means.</param>
/// <param name="Variance">D variances (divisor N).</param>
public sealed record ChannelStatistics(double[] Mean, double[] Variance)
{
    /// <summary>Measures outputs, the mean first and the distances from it second.</summary>
    /// <param name="outputs">Per pass [T, D].</param>
    /// <param name="counted">Per pass T flags.</param>
    public static ChannelStatistics Of(IReadOnlyList<Tensor> outputs, IReadOnlyList<ReadOnlyMemory<bool>> counted)
    {
        var width = outputs[0].Columns;
        double[] mean = new double[width], variance = new double[width];
        long tokens = 0;
        Each(row =>
        {
            tokens++;
            for (var d = 0; d < width; d++) mean[d] += row[d];
        });
        for (var d = 0; d < width; d++) mean[d] /= Math.Max(1, tokens);
        Each(row =>
        {
            for (var d = 0; d < width; d++) variance[d] += (row[d] - mean[d]) * (row[d] - mean[d]);
        });
        for (var d = 0; d < width; d++) variance[d] /= Math.Max(1, tokens);
        return new ChannelStatistics(mean, variance);

        void Each(RowAction see)
        {
            for (var p = 0; p < outputs.Count; p++)
                for (var t = 0; t < outputs[p].Rows; t++)
                    if (counted[p].Span[t]) see(outputs[p].Row(t));
        }
    }

    delegate void RowAction(ReadOnlySpan<float> row);
}

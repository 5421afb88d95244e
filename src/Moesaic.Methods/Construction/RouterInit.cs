using Moesaic.Kernels;
using Moesaic.Models;
using Moesaic.Tensors;

namespace Moesaic.Methods.Construction;

/// <summary>How centroids of token clusters become router weights.</summary>
public enum CentroidForm
{
    /// <summary>The centroids as they are (LLaMA-MoE v2). The router then prefers long centroids, unlike the clustering.</summary>
    Raw,

    /// <summary>
    /// The centroids with what nearest-centroid needs besides: x belongs to the nearest when x·c − |c|²/2 is largest. The
    /// offset is put into the weights along the direction u for which x·u is nearest to 1 on the calibration tokens.
    /// </summary>
    Offset,

    /// <summary>Tokens and centroids of length 1: the clustering itself is by cosine, so that the linear router agrees with it.</summary>
    Cosine,
}

/// <summary>First weights of routers.</summary>
public static class RouterInit
{
    /// <summary>Deviation of random routers: the initializer_range of the published models.</summary>
    public const double Deviation = 0.02;

    /// <summary>Independent normal numbers of deviation <see cref="Deviation"/>.</summary>
    /// <param name="weight">[E, D], overwritten.</param>
    /// <param name="seed">Any number.</param>
    /// <param name="layer">Number of the layer: each gets numbers of its own.</param>
    public static void Random(Tensor weight, ulong seed, int layer) =>
        ModelInitialiser.FillNormal(weight.Span, SeededRandom(seed, layer), Deviation);

    internal static Random SeededRandom(ulong seed, int layer) =>
        new(unchecked((int)((seed ^ (seed >> 32)) + ((ulong)layer * 0x9E3779B1))));

    /// <summary>Router rows from centroids, not yet sharpened.</summary>
    /// <param name="centroids">[E, D].</param>
    /// <param name="inputs">[N, D] calibration tokens; read for <see cref="CentroidForm.Offset"/> alone.</param>
    /// <param name="form">How.</param>
    public static Tensor FromCentroids(ReadOnlySpan<float> centroids, Tensor inputs, CentroidForm form)
    {
        var rows = new Tensor(centroids.Length / inputs.Columns, inputs.Columns, centroids);
        if (form != CentroidForm.Offset) return rows;
        var one = LeastSquares.Direction(inputs);
        var half = BalancedKMeans.HalfSquares(centroids, inputs.Columns);
        for (var e = 0; e < rows.Rows; e++)
        {
            var row = rows.Row(e);
            for (var d = 0; d < row.Length; d++) row[d] -= half[e] * (float)one[d];
        }
        return rows;
    }

    /// <summary>
    /// Scales a router so that the logits of a token deviate from their mean by <paramref name="sharpness"/> on average (root mean square).
    /// </summary>
    /// <param name="router">[E, D], changed; rows of equal direction stay.</param>
    /// <param name="inputs">[N, D] calibration tokens.</param>
    /// <param name="sharpness">0 makes all experts equal; the larger, the closer to one expert with all the weight.</param>
    public static void Sharpen(Tensor router, Tensor inputs, double sharpness)
    {
        var logits = new float[inputs.Rows * router.Rows];
        MatMul.Multiply(MatMulForm.ABt, inputs.Span, router.Span, logits, inputs.Rows, router.Rows, router.Columns);
        double sum = 0;
        foreach (var token in logits.Chunk(router.Rows))
        {
            var mean = token.Average(z => (double)z);
            sum += token.Sum(z => (z - mean) * (z - mean));
        }
        if (sum > 0) Elementwise.Scale(router.Span, (float)(sharpness / Math.Sqrt(sum / logits.Length)));
    }
}

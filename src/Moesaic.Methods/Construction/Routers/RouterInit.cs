using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Construction.Clustering;
using Moesaic.Methods.Construction.Scales;
using Moesaic.Models;
using Moesaic.Tensors;

namespace Moesaic.Methods.Construction.Routers;

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

    /// <summary>
    /// As offset, but with μ·c in place of |c|²/2, where μ is the mean of all tokens: logits are those of tokens and centroids less μ.
    /// </summary>
    Centred,

    /// <summary>Tokens and centroids of length 1: the clustering itself is by cosine, so that the linear router agrees with it.</summary>
    Cosine,
}

/// <summary>First weights of routers.</summary>
public static class RouterInit
{
    /// <summary>Deviation of random routers: the initializer_range of the published models.</summary>
    public const double Deviation = 0.02;

    /// <summary>The router weights of a layer: those of its plan, or random ones.</summary>
    /// <param name="matrices">Of the score, overwritten.</param>
    /// <param name="layer">May give the weights.</param>
    /// <param name="seed">Used when it does not.</param>
    internal static void Fill(IReadOnlyList<Tensor> matrices, LayerSplit layer, ulong seed)
    {
        var random = SeededRandom(seed, layer.Layer);
        var given = layer.RouterRows;
        foreach (var matrix in matrices)
        {
            if (layer.Router is null) ModelInitialiser.FillNormal(matrix.Span, random, Deviation);
            else
            {
                given[..matrix.Count].CopyTo(matrix.Span);
                given = given[matrix.Count..];
            }
        }
    }

    internal static Random SeededRandom(ulong seed, int layer) =>
        new(unchecked((int)((seed ^ (seed >> 32)) + ((ulong)layer * 0x9E3779B1))));

    /// <summary>Router rows from centroids, not yet sharpened.</summary>
    /// <param name="centroids">[E, D].</param>
    /// <param name="inputs">[N, D] calibration tokens; read for <see cref="CentroidForm.Offset"/> alone.</param>
    /// <param name="form">How.</param>
    public static Tensor FromCentroids(ReadOnlySpan<float> centroids, Tensor inputs, CentroidForm form)
    {
        var rows = new Tensor(centroids.Length / inputs.Columns, inputs.Columns, centroids);
        if (form is not (CentroidForm.Offset or CentroidForm.Centred)) return rows;
        var one = LeastSquares.Direction(inputs);
        var half = form == CentroidForm.Offset ? BalancedKMeans.HalfSquares(centroids, inputs.Columns) : HeightsAboveMean(rows, inputs);
        for (var e = 0; e < rows.Rows; e++)
        {
            var row = rows.Row(e);
            for (var d = 0; d < row.Length; d++) row[d] -= half[e] * (float)one[d];
        }
        return rows;
    }

    // μ·c of each centroid.
    static float[] HeightsAboveMean(Tensor centroids, Tensor inputs)
    {
        var mean = new double[inputs.Columns];
        for (var n = 0; n < inputs.Rows; n++)
            for (var d = 0; d < mean.Length; d++) mean[d] += inputs.Row(n)[d] / (double)inputs.Rows;
        return [.. Enumerable.Range(0, centroids.Rows).Select(e =>
        {
            double sum = 0;
            for (var d = 0; d < mean.Length; d++) sum += mean[d] * centroids.Row(e)[d];
            return (float)sum;
        })];
    }

    /// <summary>Means of the tokens of each label; a label without tokens gets zeros.</summary>
    /// <param name="inputs">[N, D].</param>
    /// <param name="labels">N numbers below E.</param>
    /// <param name="experts">E.</param>
    /// <param name="form">With <see cref="CentroidForm.Cosine"/> tokens and means have length 1.</param>
    /// <returns>[E, D], row by row.</returns>
    public static float[] Centroids(Tensor inputs, ReadOnlySpan<int> labels, int experts, CentroidForm form)
    {
        var width = inputs.Columns;
        var sums = new double[experts * width];
        var counts = new double[experts];
        for (var n = 0; n < labels.Length; n++)
        {
            var row = inputs.Row(n);
            var weight = form == CentroidForm.Cosine ? 1 / Math.Max(1e-30, Math.Sqrt(Elementwise.SumOfSquares(row))) : 1;
            counts[labels[n]]++;
            for (var d = 0; d < width; d++) sums[(labels[n] * width) + d] += weight * row[d];
        }
        var result = new float[sums.Length];
        for (var e = 0; e < experts; e++)
        {
            var sum = sums.AsSpan(e * width, width);
            var length = form == CentroidForm.Cosine ? Math.Sqrt(System.Numerics.Tensors.TensorPrimitives.SumOfSquares<double>(sum)) : counts[e];
            for (var d = 0; d < width && length > 0; d++) result[(e * width) + d] = (float)(sum[d] / length);
        }
        return result;
    }

    /// <summary>The rows of chosen neurons, each of length 1.</summary>
    /// <param name="weight">[E, D], overwritten.</param>
    /// <param name="rows">[F, D]: gate or up projection.</param>
    /// <param name="neurons">E neurons.</param>
    public static void NeuronRows(Tensor weight, Tensor rows, IReadOnlyList<int> neurons)
    {
        for (var e = 0; e < neurons.Count; e++) rows.Row(neurons[e]).CopyTo(weight.Row(e));
        UnitRows.Normalise(weight);
    }

    /// <summary>Independent uniform numbers in ±1/√D, D being the length of a row.</summary>
    /// <param name="weight">Overwritten.</param>
    /// <param name="random">Where they come from.</param>
    public static void Uniform(Tensor weight, Random random)
    {
        var limit = 1 / Math.Sqrt(weight.Columns);
        foreach (ref var value in weight.Span) value = (float)(limit * ((2 * random.NextDouble()) - 1));
    }

    /// <summary>Rows of the inputs, none twice.</summary>
    /// <param name="weight">[E, D], overwritten.</param>
    /// <param name="inputs">[N, D].</param>
    /// <param name="random">Which ones.</param>
    /// <exception cref="BadRequestException">There are fewer than E.</exception>
    public static void RandomFeatures(Tensor weight, Tensor inputs, Random random)
    {
        if (inputs.Rows < weight.Rows)
            throw new BadRequestException($"{inputs.Rows} calibration tokens are fewer than {weight.Rows} experts; give more text.");
        var taken = new HashSet<int>();
        for (var e = 0; e < weight.Rows; e++)
        {
            var row = random.Next(inputs.Rows);
            while (!taken.Add(row)) row = (row + 1) % inputs.Rows;
            inputs.Row(row).CopyTo(weight.Row(e));
        }
    }

    /// <summary>Row e becomes the mean of the rows of expert e's neurons, each divided by its length.</summary>
    /// <param name="weight">[E, D], overwritten.</param>
    /// <param name="neurons">[F, D]: a projection that reads x.</param>
    /// <param name="experts">The neurons of each expert; those from F on are padding.</param>
    public static void NeuronMeans(Tensor weight, Tensor neurons, int[][] experts)
    {
        weight.Span.Clear();
        for (var e = 0; e < experts.Length; e++)
            foreach (var j in experts[e])
            {
                if (j >= neurons.Rows) continue;
                var length = Math.Sqrt(Elementwise.SumOfSquares(neurons.Row(j)));
                if (length > 0) Elementwise.AddScaled(weight.Row(e), neurons.Row(j), (float)(1 / (length * experts[e].Length)));
            }
    }

    /// <summary>Takes the mean of the rows from each: no token's ranking changes.</summary>
    /// <param name="router">[E, D], changed.</param>
    public static void Centre(Tensor router)
    {
        for (var d = 0; d < router.Columns; d++)
        {
            double mean = 0;
            for (var e = 0; e < router.Rows; e++) mean += router.Row(e)[d] / (double)router.Rows;
            for (var e = 0; e < router.Rows; e++) router.Row(e)[d] -= (float)mean;
        }
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
        SharpenLogits(router, logits, sharpness);
    }

    /// <summary>The same where the logits are known: scales the matrix that they are proportional to.</summary>
    /// <param name="last">[E, N], changed.</param>
    /// <param name="logits">[T, E].</param>
    /// <param name="sharpness">As above.</param>
    internal static void SharpenLogits(Tensor last, ReadOnlySpan<float> logits, double sharpness)
    {
        double sum = 0;
        for (var first = 0; first < logits.Length; first += last.Rows)
        {
            double mean = 0;
            var token = logits.Slice(first, last.Rows);
            foreach (var z in token) mean += z;
            mean /= token.Length;
            double squares = 0;
            foreach (var z in token) squares += (z - mean) * (z - mean);
            sum += squares;
        }
        if (sum > 0) Elementwise.Scale(last.Span, (float)(sharpness / Math.Sqrt(sum / logits.Length)));
    }
}

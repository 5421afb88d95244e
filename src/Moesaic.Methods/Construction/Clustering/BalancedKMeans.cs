using Moesaic.Kernels;
using Moesaic.Tensors;

namespace Moesaic.Methods.Construction.Clustering;

/// <summary>Settings of <see cref="BalancedKMeans"/>.</summary>
public sealed record KMeansOptions
{
    /// <summary>Number of clusters, E.</summary>
    public required int Clusters { get; init; }

    /// <summary>
    /// How far a cluster's size may lie from N/E, as a fraction of it: sizes from ⌊N/E (1 − slack)⌋ to ⌈N/E (1 + slack)⌉.
    /// 0 makes them equal. Default 0.4, as LLaMA-MoE v2 has it.
    /// </summary>
    public double Slack { get; init; } = 0.4;

    /// <summary>Most rounds of assignment and averaging. Default 50.</summary>
    public int Iterations { get; init; } = 50;

    /// <summary>Starts, of which the best is kept. Default 2.</summary>
    public int Restarts { get; init; } = 2;

    /// <summary>Whether centroids are kept at length 1: with rows of length 1 this clusters by cosine. Default false.</summary>
    public bool Spherical { get; init; }
}

/// <summary>A clustering.</summary>
/// <param name="Centroids">[E, D], row by row.</param>
/// <param name="Labels">The cluster of each row.</param>
/// <param name="Error">Mean squared distance to the own centroid.</param>
public sealed record Clustering(float[] Centroids, int[] Labels, double Error);

/// <summary>
/// K-means with bounds on the sizes (Bradley, Bennett, Demiriz 2000, "Constrained k-means clustering"): Lloyd's rounds in
/// which the assignment is solved exactly by <see cref="CapacityAssignment"/>, started by k-means++ (Arthur and
/// Vassilvitskii 2007). The result depends on the rows, the options and the generator alone.
/// </summary>
public static class BalancedKMeans
{
    /// <summary>Clusters rows.</summary>
    /// <param name="rows">[N, D], N at least the number of clusters.</param>
    /// <param name="options">Settings.</param>
    /// <param name="random">Chooses the first centroids.</param>
    /// <param name="cancellation">Stops between rounds.</param>
    public static Clustering Cluster(Tensor rows, KMeansOptions options, Random random, CancellationToken cancellation = default)
    {
        if (rows.Rows < options.Clusters)
            throw new ArgumentException($"{rows.Rows} rows cannot make {options.Clusters} clusters", nameof(rows));
        Clustering? best = null;
        for (var start = 0; start < Math.Max(1, options.Restarts); start++)
            if (Once(rows, options, random, cancellation) is var found && (best is null || found.Error < best.Error)) best = found;
        return best!;
    }

    static Clustering Once(Tensor rows, KMeansOptions options, Random random, CancellationToken cancellation)
    {
        var share = (double)rows.Rows / options.Clusters;
        int min = Math.Max(0, (int)Math.Floor(share * (1 - options.Slack))), max = (int)Math.Ceiling(share * (1 + options.Slack));
        double squares = 0;
        foreach (var value in rows.Span) squares += (double)value * value;

        var centroids = FirstCentroids(rows, options.Clusters, random);
        var costs = new float[rows.Rows * options.Clusters];
        var (labels, error) = (Array.Empty<int>(), double.PositiveInfinity);
        for (var round = 0; round < Math.Max(1, options.Iterations); round++)
        {
            cancellation.ThrowIfCancellationRequested();
            Costs(rows, centroids, costs);
            var next = CapacityAssignment.Solve(costs, options.Clusters, min, max);
            var same = next.AsSpan().SequenceEqual(labels);
            labels = next;
            double sum = squares;
            for (var n = 0; n < labels.Length; n++) sum += 2 * (double)costs[(n * options.Clusters) + labels[n]];
            error = sum / rows.Rows;
            if (same) break;
            Average(rows, labels, centroids, options.Spherical);
        }
        return new Clustering(centroids, labels, error);
    }

    /// <summary>cost[n, e] = |c|²/2 − x·c: half the squared distance without what does not depend on e.</summary>
    static void Costs(Tensor rows, float[] centroids, float[] costs)
    {
        var clusters = centroids.Length / rows.Columns;
        MatMul.Multiply(MatMulForm.ABt, rows.Span, centroids, costs, rows.Rows, clusters, rows.Columns);
        var half = HalfSquares(centroids, rows.Columns);
        for (var i = 0; i < costs.Length; i++) costs[i] = half[i % clusters] - costs[i];
    }

    internal static float[] HalfSquares(ReadOnlySpan<float> centroids, int width)
    {
        var half = new float[centroids.Length / width];
        for (var e = 0; e < half.Length; e++)
        {
            double sum = 0;
            foreach (var value in centroids.Slice(e * width, width)) sum += (double)value * value;
            half[e] = (float)(sum / 2);
        }
        return half;
    }

    static void Average(Tensor rows, int[] labels, float[] centroids, bool spherical)
    {
        var width = rows.Columns;
        var sums = new double[centroids.Length];
        var counts = new int[centroids.Length / width];
        for (var n = 0; n < labels.Length; n++)
        {
            counts[labels[n]]++;
            var sum = sums.AsSpan(labels[n] * width, width);
            var row = rows.Row(n);
            for (var d = 0; d < width; d++) sum[d] += row[d];
        }
        for (var e = 0; e < counts.Length; e++)
        {
            if (counts[e] == 0) continue;       // with slack 1 a cluster may be empty: it stays where it was
            var sum = sums.AsSpan(e * width, width);
            double norm = 0;
            foreach (var value in sum) norm += value * value;
            var divisor = spherical ? Math.Max(Math.Sqrt(norm), double.Epsilon) : counts[e];
            for (var d = 0; d < width; d++) centroids[(e * width) + d] = (float)(sum[d] / divisor);
        }
    }

    /// <summary>k-means++: each next centroid is a row drawn with a chance proportional to its squared distance to the nearest so far.</summary>
    static float[] FirstCentroids(Tensor rows, int clusters, Random random)
    {
        var centroids = new float[clusters * rows.Columns];
        var distances = new double[rows.Rows];
        Array.Fill(distances, double.PositiveInfinity);
        var chosen = random.Next(rows.Rows);
        for (var e = 0; ; e++)
        {
            rows.Row(chosen).CopyTo(centroids.AsSpan(e * rows.Columns));
            if (e == clusters - 1) return centroids;
            for (var n = 0; n < distances.Length; n++)
                distances[n] = Math.Min(distances[n], SquaredDistance(rows.Row(n), rows.Row(chosen)));
            chosen = Draw(distances, random);
        }
    }

    static int Draw(double[] weights, Random random)
    {
        var rest = random.NextDouble() * weights.Sum();
        for (var n = 0; n < weights.Length; n++)
            if ((rest -= weights[n]) < 0) return n;
        return random.Next(weights.Length);     // all rows are the same
    }

    static double SquaredDistance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++) sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        return sum;
    }
}

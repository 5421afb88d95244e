using Moesaic.Methods.Construction.Divisions;

namespace Moesaic.Methods.Construction.Clustering;

/// <summary>Settings of <see cref="ActivationClusters"/>.</summary>
public sealed record ActivationClusterOptions
{
    /// <summary>Most rounds of assignment and averaging. Default 1, as the released code has it; it stops by itself when nothing changes.</summary>
    public int Iterations { get; init; } = 1;
}

/// <summary>A layer divided by <see cref="ActivationClusters"/>.</summary>
/// <param name="Shared">Neurons of the shared experts, most active first.</param>
/// <param name="Labels">[F] the routed expert of each neuron; −1 for shared ones.</param>
/// <param name="Representatives">Per routed expert the neuron nearest to its centroid: a router that computes it knows when the expert is needed.</param>
public sealed record ActivationDivision(int[] Shared, int[] Labels, int[] Representatives);

/// <summary>
/// Training-free division by activity (Pei et al. 2025, "CMoE: Converting Mixture-of-Experts from Dense to Accelerate LLM Inference",
/// sections 3.1 and 3.2): the neurons that are active most often make the shared experts; the others are clustered by the tokens they are active for,
/// in clusters of exactly an expert's width.
/// </summary>
/// <remarks>
/// Distances are L1 between a neuron's binary column and a centroid: |m − c| = Σ c + Σ over its tokens of (1 − 2 c), so that a neuron
/// costs as many steps as it has marks. The first centroids are the columns of the most active neurons that are left; each assignment is exact.
/// </remarks>
public static class ActivationClusters
{
    /// <summary>Divides a layer.</summary>
    /// <param name="markers">Who was active when.</param>
    /// <param name="sizes">The parts.</param>
    /// <param name="options">Rounds.</param>
    /// <param name="cancellation">Stops between rounds.</param>
    public static ActivationDivision Divide(ActivationMarkers markers, PartSizes sizes, ActivationClusterOptions options,
        CancellationToken cancellation = default)
    {
        var columns = markers.Columns();
        int[] byRate = [.. Enumerable.Range(0, markers.Width).OrderByDescending(j => columns[j].Length)];     // stable: ties by number
        int[] shared = byRate[..sizes.SharedWidth], free = [.. byRate[sizes.SharedWidth..].Order()];
        var experts = sizes.Experts;
        var centroids = new float[experts][];
        for (var e = 0; e < experts; e++)
        {
            centroids[e] = new float[markers.Tokens];
            foreach (var t in columns[byRate[sizes.SharedWidth + e]]) centroids[e][t] = 1;
        }

        var owner = Array.Empty<int>();
        for (var round = 0; round < Math.Max(1, options.Iterations); round++)
        {
            cancellation.ThrowIfCancellationRequested();
            var next = CapacityAssignment.Solve(Distances(columns, free, centroids), experts,
                free.Length / experts, (free.Length + experts - 1) / experts);
            if (next.AsSpan().SequenceEqual(owner)) break;
            owner = next;
            Average(columns, free, owner, centroids);
        }

        var labels = new int[markers.Width];
        Array.Fill(labels, -1);
        for (var i = 0; i < free.Length; i++) labels[free[i]] = owner[i];
        return new ActivationDivision(shared, labels, Representatives(columns, free, owner, centroids));
    }

    static float[] Distances(int[][] columns, int[] free, float[][] centroids)
    {
        var distances = new float[free.Length * centroids.Length];
        for (var e = 0; e < centroids.Length; e++)
        {
            double all = 0;
            foreach (var c in centroids[e]) all += c;
            for (var i = 0; i < free.Length; i++)
            {
                var sum = all;
                foreach (var t in columns[free[i]]) sum += 1 - (2 * (double)centroids[e][t]);
                distances[(i * centroids.Length) + e] = (float)sum;
            }
        }
        return distances;
    }

    static void Average(int[][] columns, int[] free, int[] owner, float[][] centroids)
    {
        foreach (var centroid in centroids) Array.Clear(centroid);
        var sizes = new int[centroids.Length];
        for (var i = 0; i < free.Length; i++)
        {
            sizes[owner[i]]++;
            foreach (var t in columns[free[i]]) centroids[owner[i]][t]++;
        }
        for (var e = 0; e < centroids.Length; e++)
            for (var t = 0; t < centroids[e].Length; t++) centroids[e][t] /= Math.Max(1, sizes[e]);
    }

    static int[] Representatives(int[][] columns, int[] free, int[] owner, float[][] centroids)
    {
        var distances = Distances(columns, free, centroids);
        var nearest = new int[centroids.Length];
        Array.Fill(nearest, -1);
        for (var i = 0; i < free.Length; i++)
        {
            ref var best = ref nearest[owner[i]];
            if (best < 0 || distances[(i * centroids.Length) + owner[i]] < distances[(best * centroids.Length) + owner[i]]) best = i;
        }
        return [.. nearest.Select(i => free[i])];
    }
}

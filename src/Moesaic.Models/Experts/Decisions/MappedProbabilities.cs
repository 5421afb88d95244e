using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Moesaic.Models.Experts;

/// <summary>a = W p, see <see cref="ProbabilityMap"/>.</summary>
static class MappedProbabilities
{
    /// <summary>The affinities of the experts.</summary>
    /// <param name="map">W.</param>
    /// <param name="p">A probability for each score.</param>
    /// <param name="a_E">Overwritten.</param>
    public static void Apply(ProbabilityMap map, ReadOnlySpan<float> p, Span<float> a_E)
    {
        for (var e = 0; e < a_E.Length; e++) a_E[e] = TensorPrimitives.Dot(map.Flat.Slice(e * map.Columns, map.Columns), p);
    }

    /// <summary>Affinities divided by their sum; where that is not positive, all alike.</summary>
    public static void Normalise(ReadOnlySpan<float> a_E, Span<float> p_E)
    {
        var sum = TensorPrimitives.Sum(a_E);
        if (sum > 0) TensorPrimitives.Divide(a_E, sum, p_E);
        else p_E.Fill(1f / p_E.Length);
    }

    /// <summary>Wᵀ da.</summary>
    public static double[] Back(ProbabilityMap map, ReadOnlySpan<double> da_E)
    {
        var dp = new double[map.Columns];
        for (var e = 0; e < da_E.Length; e++)
            for (var c = 0; c < dp.Length; c++) dp[c] += map.Flat[(e * map.Columns) + c] * da_E[e];
        return dp;
    }
}

using Moesaic.Methods.Calibration;

namespace Moesaic.Methods.Compression.Scores;

/// <summary>
/// The few experts that give the huge activations which the attention sinks of a model rest on (Su et al. 2025); without them it falls apart. An expert is one when its largest
/// output exceeds both the 99.5th percentile of all experts' and a tenth of the largest of all, in the first three quarters of the layers (as REAP's code protects them).
/// </summary>
public static class SuperExperts
{
    const double Percentile = 0.995, OfLargest = 0.1, OfLayers = 0.75;

    /// <summary>Finds them.</summary>
    /// <param name="layers">All layers, by number; null where there are no experts.</param>
    /// <returns>Layer and expert.</returns>
    public static IReadOnlySet<(int Layer, int Expert)> Of(IReadOnlyList<ExpertStatistics?> layers)
    {
        double[] largest = [.. layers.OfType<ExpertStatistics>().SelectMany(s => s.Outputs.Largest).Order()];
        if (largest.Length == 0) return new HashSet<(int, int)>();
        // Between the two nearest places, as numpy does.
        var place = Percentile * (largest.Length - 1);
        var below = (int)place;
        var bar = largest[below] + ((place - below) * (largest[Math.Min(below + 1, largest.Length - 1)] - largest[below]));
        bar = Math.Max(bar, OfLargest * largest[^1]);
        return layers.Index().Where(l => l.Index < OfLayers * layers.Count && l.Item is not null)
            .SelectMany(l => l.Item!.Outputs.Largest.Index().Where(e => e.Item > bar).Select(e => (l.Index, e.Index))).ToHashSet();
    }
}

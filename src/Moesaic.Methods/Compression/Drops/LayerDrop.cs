using Moesaic.Methods.Calibration;
using Moesaic.Methods.Compression.Plans;
using Moesaic.Models;

namespace Moesaic.Methods.Compression.Drops;

/// <summary>
/// Layer Drop (Unified-MoE-Compression, He et al. 2024): the feed-forwards, with their norms, that change the residual stream least are left out, by the mean cosine
/// between what they are added to and the sum.
/// </summary>
public static class LayerDrop
{
    /// <summary>The feed-forwards, most alike first; ties go to the later layer. Layers that have none are not among them.</summary>
    /// <param name="spec">The model.</param>
    /// <param name="layers">What calibration saw of each layer.</param>
    public static LayerDrops Rank(ModelSpec spec, IReadOnlyList<LayerStatistics> layers) =>
        LayerDrops.Of(wholeLayers: false, Candidates(spec), l => layers[l].Residual.FeedForward / layers[l].Residual.Tokens);

    /// <summary>Layers that have a feed-forward.</summary>
    internal static IReadOnlyList<int> Candidates(ModelSpec spec) =>
        [.. Enumerable.Range(0, spec.Layers.Count).Where(l => spec.Layers[l].FeedForward is not AbsentSpec)];
}

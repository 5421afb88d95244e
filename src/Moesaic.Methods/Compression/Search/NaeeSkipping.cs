using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Models;

namespace Moesaic.Methods.Compression.Search;

/// <summary>
/// What tokens can skip at run time (NAEE, Lu et al. 2024, section 3.3): an expert whose weight is less than β times that of the token's best. β is the
/// median over calibration tokens, of each layer and, beyond the published two experts, of each rank: about half of the tokens skip each.
/// </summary>
public static class NaeeSkipping
{
    /// <summary>The policies.</summary>
    /// <param name="spec">The model.</param>
    /// <param name="statistics">Of the model.</param>
    /// <param name="part">The part of the tokens whose ratio is at most β. Default 0.5, the median.</param>
    /// <exception cref="BadRequestException">No router chooses a second expert, or the part is none.</exception>
    public static RoutingPolicies Policies(ModelSpec spec, CalibrationStatistics statistics, double part = 0.5)
    {
        if (part is not (>= 0 and <= 1)) throw new BadRequestException($"A part of {part} of the tokens is none; give 0 to 1.");
        var layers = new Dictionary<int, RoutingPolicy>();
        foreach (var l in spec.MixtureLayers)
        {
            var experts = statistics.Experts(l);
            float[] ratios = [.. Enumerable.Range(2, Math.Max(0, experts.Places - 1)).Select(place => experts.RatioQuantile(place, part))
                .TakeWhile(double.IsFinite).Select(q => (float)Math.Clamp(q, 0, 1))];
            if (ratios.Length > 0) layers[l] = new RoutingPolicy { Ratios = ratios };
        }
        return layers.Count > 0 ? new RoutingPolicies(layers)
            : throw new BadRequestException("No token has a second expert that it could skip.");
    }
}

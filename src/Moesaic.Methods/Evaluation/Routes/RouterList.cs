using Moesaic.Models;

namespace Moesaic.Methods.Evaluation.Routes;

/// <summary>The routers of a model in the order of reports: layer by layer, of a layer that of the attention first.</summary>
static class RouterList
{
    /// <summary>Layer, whether of the attention, and settings of every router; empty for a dense model.</summary>
    public static IReadOnlyList<(int Layer, bool OfAttention, RouterSpec Router)> Of(ModelSpec spec) =>
    [
        .. spec.AttentionExpertLayers.Select(l => (l, true, spec.Layers[l].Attention.Experts!.Router))
            .Concat(spec.MixtureLayers.Select(l => (l, false, spec.Mixture(l).Router)))
            .OrderBy(r => r.Item1).ThenByDescending(r => r.Item2),
    ];
}

using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Compression.Allocation;
using Moesaic.Models;

namespace Moesaic.Methods.Compression.Search;

/// <summary>What searches have in common before they begin: options that mean nothing to them, and the numbers of experts that stay.</summary>
static class SearchCheck
{
    /// <summary>Refuses what no search can do.</summary>
    /// <param name="method">Name of the method, for messages.</param>
    /// <param name="options">Of the step.</param>
    /// <param name="spec">The model.</param>
    /// <param name="layerwise">Whether outputs of single layers are compared.</param>
    public static void Run(string method, PruneStepOptions options, ModelSpec spec, bool layerwise)
    {
        if (!spec.MixtureLayers.Any()) throw new BadRequestException("The model has no mixture of experts.");
        if (options.Method == PruneMethod.Eep && options.Eep.Metric != EepMetric.Loss)
        {
            if (options.Calibration is not null) throw new BadRequestException("Models are measured by what they write below signatures; leave calibration out.");
        }
        else if (options.Calibration is null) throw new BadRequestException($"{method} compares what the model computes for text with and without experts: name calibration text. Statistics do not hold that.");
        if (options.Statistics is not null) throw new BadRequestException($"{method} reads text, not statistics; leave statistics out.");
        if (options.Rounds > 1) throw new BadRequestException($"{method} decides at once; leave rounds out.");
        if (options.ProtectSuperExperts || options.Fallback != FewTokens.Score)
            throw new BadRequestException($"{method} judges choices, not experts one by one; leave protect_super_experts and fallback out.");
        if (options.PreserveRouterRows)
            throw new BadRequestException($"{method} judges routers that choose among the experts that stay; leave preserve_router_rows out.");
        if (options.Normalise != ScoreNorm.None || options.Most is not null) throw new BadRequestException($"{method} compares no scores of layers; leave normalise and most out.");
        if (!layerwise) return;
        foreach (var l in spec.MixtureLayers)
        {
            var mixture = spec.Mixture(l);
            RouterSubset.Check(mixture.Router, $"layer {l}");
            if (mixture.HasAbsent) throw new BadRequestException($"Layer {l} was pruned with its router's rows kept; a search needs all experts.");
        }
    }

    /// <summary>The choices of every mixture layer when all layers lose alike.</summary>
    public static Dictionary<int, KeptExperts> Alike(PruneTarget target, ModelSpec spec) =>
        target.Expected(spec).Layers.Where(l => l.Experts is not null).ToDictionary(l => l.Layer, l => Space(spec, l.Layer, l.Experts!.Count));

    /// <summary>The choices of a layer.</summary>
    public static KeptExperts Space(ModelSpec spec, int layer, int kept) => KeptExperts.Of(spec.Mixture(layer).Router, kept, $"layer {layer}");

    /// <summary>Experts, floor and step of every mixture layer.</summary>
    public static LayerShare[] Shares(PruneTarget target, ModelSpec spec) => [.. spec.MixtureLayers.Select(l =>
    {
        var router = spec.Mixture(l).Router;
        var step = ExpertFloors.Groups(router, preserveRows: false);
        var least = Math.Max(ExpertFloors.Of(router, preserveRows: false), Math.Min(router.Experts, ((target.Least ?? 1) + step - 1) / step * step));
        return new LayerShare(router.Experts, least, step, 0);
    })];
}

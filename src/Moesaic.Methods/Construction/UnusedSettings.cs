using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Moesaic.Methods.Construction.Clustering;
using Moesaic.Methods.Construction.Divisions;
using Moesaic.Methods.Construction.Importance;
using Moesaic.Methods.Construction.Routers;

namespace Moesaic.Methods.Construction;

/// <summary>Settings of a choice that was not made, which would be ignored silently.</summary>
static class UnusedSettings
{
    /// <summary>What to refuse; nothing with a plan, which leaves all that makes one unused.</summary>
    public static IEnumerable<ValidationResult> Of(SplitStepOptions options)
    {
        if (options.Plan is not null) yield break;
        var method = options.Method;
        foreach (var (name, given, used, user) in new[]
        {
            (nameof(options.Weights), options.Weights != new WeightClusterOptions(), method == SplitMethod.WeightClusters, "method weight_clusters"),
            (nameof(options.Graph), options.Graph != new CoActivationOptions(), method == SplitMethod.CoActivation, "method co_activation"),
            (nameof(options.Activity), options.Activity != new ActivityOptions(), method == SplitMethod.ActivationClusters, "method activation_clusters"),
            (nameof(options.Documents), options.Documents != new DocumentClusterOptions(), method == SplitMethod.DocumentClusters, "method document_clusters"),
            (nameof(options.Importance), options.Importance != new ImportanceOptions(),
                method is SplitMethod.TokenClusters or SplitMethod.DocumentClusters, "method token_clusters or document_clusters"),
            (nameof(options.RouterTraining), options.RouterTraining != new RouterTrainingOptions(),
                options.EffectiveRouter == RouterStart.Trained, "router trained"),
        })
            if (given && !used)
                yield return new($"{JsonNamingPolicy.SnakeCaseLower.ConvertName(name)} has settings that only {user} uses; leave them out or choose that", [name]);
    }
}

using Moesaic.Models;

namespace Moesaic.Inference;

/// <summary>Whether tokens can be generated one by one: what a router decides must then depend on the token alone.</summary>
public static class DecodableRouters
{
    /// <summary>Why a model cannot generate: the first router that needs more than the token, and what to do. Null when it can.</summary>
    /// <param name="spec">The model's shape.</param>
    public static string? WhyNot(ModelSpec spec)
    {
        foreach (var (layer, router) in spec.Routers)
        {
            if (router.Key == RouterKey.Task && spec.Tasks.Count == 0)
                return $"the router of layer {layer} decides by task, and the model has no names of tasks to ask for";
            if (router.Key == RouterKey.Cluster) return $"the router of layer {layer} decides by cluster, which a prompt does not tell";
            // Which tokens of a prompt are protected is decided when it is read.
            if ((router with { Policy = null }).LooksAt is { } company)
                return $"the router of layer {layer} looks at {company}, which is not there while tokens are generated one by one; "
                    + "evaluate can measure it with allow_non_causal; to generate, let the router choose by the token alone in evaluation";
        }
        return null;
    }
}

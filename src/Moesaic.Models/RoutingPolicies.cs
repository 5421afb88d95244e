using Moesaic.Formats;
using Moesaic.Models.Experts;

namespace Moesaic.Models;

/// <summary>What policy each mixture layer has, to take the place of the checkpoint's.</summary>
/// <param name="Layers">By the number of the layer; those that are not listed have none.</param>
public sealed record RoutingPolicies(IReadOnlyDictionary<int, RoutingPolicy> Layers)
{
    /// <summary>No layer has one.</summary>
    public static RoutingPolicies None { get; } = new(new Dictionary<int, RoutingPolicy>());

    /// <summary>The same in every mixture layer.</summary>
    /// <param name="spec">The model's shape.</param>
    /// <param name="policy">The policy.</param>
    /// <exception cref="BadRequestException">The model has no mixture layer.</exception>
    public static RoutingPolicies Everywhere(ModelSpec spec, RoutingPolicy policy)
    {
        var layers = spec.MixtureLayers.ToDictionary(l => l, _ => policy);
        return layers.Count > 0 ? new(layers) : throw new BadRequestException("A routing policy was asked for, and the model has no layer with experts.");
    }

    /// <summary>A shape with these policies in place of its own.</summary>
    /// <exception cref="BadRequestException">A layer has no experts, or a policy means nothing at its router; the message says why.</exception>
    public ModelSpec ApplyTo(ModelSpec spec)
    {
        foreach (var (layer, policy) in Layers)
        {
            if (layer < 0 || layer >= spec.Layers.Count || spec.Layers[layer].FeedForward is not MixtureSpec { Router: var router } mixture)
                throw new BadRequestException($"A routing policy is given for layer {layer}, which has no experts.");
            if (WhyNot(spec.Layers[layer] with { FeedForward = mixture with { Router = router with { Policy = policy } } }) is { } reason)
                throw new BadRequestException($"The routing policy of layer {layer} cannot be followed: {reason}.");
        }
        return spec with { Layers = [.. spec.Layers.Select((l, n) => l.FeedForward is MixtureSpec m ? l with { FeedForward = m with { Router = m.Router with { Policy = Of(n) } } } : l)] };

        RoutingPolicy? Of(int layer) => Layers.TryGetValue(layer, out var policy) && (policy.Takes || policy.RenormaliseAbsent) ? policy : null;
    }

    /// <summary>Why a layer's policy cannot be followed, or null.</summary>
    internal static string? WhyNot(LayerSpec layer) =>
        layer.FeedForward is not MixtureSpec { Router: { Policy: { } policy } router } ? null
        : policy.WhyNot(router) is { } reason ? reason
        : policy.Protection is not null && layer.Attention is not { Latent: null, Experts: null }
            ? "tokens are protected by the attention they receive, which is not told where attention goes through a latent or is made of experts" : null;
}

/// <summary>Policies that take the place of a model's own in the passes that are given them; may be exchanged between passes.</summary>
public sealed class PassPolicies
{
    readonly Dictionary<Router, PolicyRule?> rules = [];

    /// <summary>Prepares policies.</summary>
    /// <param name="model">The model of the passes.</param>
    /// <param name="policies">What its layers have.</param>
    /// <exception cref="BadRequestException">A policy means nothing at its router, or its layer has no experts.</exception>
    public PassPolicies(Model model, RoutingPolicies policies)
    {
        var spec = policies.ApplyTo(model.Spec);
        foreach (var l in spec.MixtureLayers)
        {
            var router = ((Layers.MixtureFeedForward)model.Blocks[l].FeedForward).Router;
            rules.Add(router, PolicyRule.Of(spec.Mixture(l).Router));
        }
    }

    internal PolicyRule? Of(Router router) => rules.GetValueOrDefault(router);
}

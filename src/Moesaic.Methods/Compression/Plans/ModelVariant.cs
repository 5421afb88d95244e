using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Compression.Plans;

/// <summary>How a model on disk is to be read without being written anew: a part of it, with other routing policies.</summary>
public sealed record ModelVariant
{
    /// <summary>A file that says which experts, feed-forwards and layers stay, or null for all.</summary>
    public string? Plan { get; init; }

    /// <summary>The part of the experts that goes, 0 to 1, as the plan ranks them; null for what the plan decided.</summary>
    public double? Ratio { get; init; }

    /// <summary>Routing policies as <see cref="RoutingPolicyFile"/> reads them, or null for the model's own.</summary>
    public string? Policy { get; init; }

    /// <summary>Experts per token, the same as the policy "chosen", added to <see cref="Policy"/> or to the model's own; null for those of the model.</summary>
    public int? Chosen { get; init; }

    /// <summary>Whether the model is read as it is.</summary>
    public bool IsPlain => Plan is null && Ratio is null && Policy is null && Chosen is null;

    /// <summary>What of the model is read; null: all.</summary>
    /// <exception cref="BadRequestException">The file is none, or holds no plan; the ratio has no plan, is out of range, or leaves a router too few.</exception>
    public ExpertSelection? Selection() => (Plan, Ratio) switch
    {
        (null, null) => null,
        (null, _) => throw new BadRequestException($"The ratio {Ratio} needs a plan that ranks the experts: give --plan, a prune_plan.json."),
        (_, null) => ExpertSelectionJson.ReadFile(Plan),
        (_, not (>= 0 and < 1)) => throw new BadRequestException($"The ratio is {Ratio}; it is the part of the experts that goes, from 0 to below 1."),
        _ => PrunePlan.Load(Plan).Select(Ratio),
    };

    /// <summary>The shape that the model then has.</summary>
    /// <param name="spec">Of the whole.</param>
    /// <exception cref="BadRequestException">The plan does not fit the model, or the policy its routers.</exception>
    public ModelSpec Shape(ModelSpec spec)
    {
        spec = Selection()?.Shape(spec) ?? spec;
        return Policies(spec)?.ApplyTo(spec) ?? spec;
    }

    /// <summary>Reads the model.</summary>
    /// <param name="path">A folder or GGUF file.</param>
    /// <param name="storage">How weights are kept in memory.</param>
    /// <exception cref="BadRequestException">The plan does not fit the model, or the policy its routers.</exception>
    /// <exception cref="BadModelException">The model is damaged or not supported.</exception>
    public LoadedModel Load(string path, WeightStorage storage)
    {
        if (IsPlain) return ModelFolder.Load(path, storage);
        var selection = Selection();
        var spec = ModelFolder.ReadSpec(path);
        return ModelFolder.Load(path, storage, selection: selection, policies: Policies(selection?.Shape(spec) ?? spec));
    }

    RoutingPolicies? Policies(ModelSpec spec)
    {
        if (Policy is null && Chosen is null) return null;
        var policies = Policy is null ? spec.MixtureLayers.ToDictionary(l => l, l => spec.Mixture(l).Router.Policy ?? new RoutingPolicy())
            : new Dictionary<int, RoutingPolicy>(RoutingPolicyFile.Read(Policy, spec).Layers);
        if (Chosen is not { } chosen) return new(policies);
        if (!spec.MixtureLayers.Any()) throw new BadRequestException($"{chosen} experts per token were asked for, and the model has no layer with experts.");
        foreach (var layer in spec.MixtureLayers) policies[layer] = policies.GetValueOrDefault(layer, RoutingPolicy.None) with { Chosen = chosen };
        return new(policies);
    }
}

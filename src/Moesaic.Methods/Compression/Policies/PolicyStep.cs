using System.Globalization;
using Moesaic.Formats;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Architectures;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Compression.Policies;

/// <summary>The step "policy": writes routing policies into a checkpoint, whose weights stay as they are.</summary>
/// <param name="options">Which policy where.</param>
public sealed class PolicyStep(PolicyStepOptions options) : IStep
{
    /// <inheritdoc/>
    public bool WritesModel => true;

    /// <inheritdoc/>
    public StepPlan Plan(PlanContext context)
    {
        var before = context.Shape();
        var after = Policies(options, before).ApplyTo(before);
        var layout = ArchitectureRegistry.MostStandard(after, out _);
        var layers = after.MixtureLayers.Count(l => PolicyOf(after, l) is not null);
        return new StepPlan
        {
            Summary = (layers == 0 ? "no routing policy in any layer" : $"a routing policy in {layers} of {after.MixtureLayers.Count()} mixture layers") + $", written as {layout.ModelType}",
            Inputs = options.Policy is { } file && File.Exists(file) ? [new StepInput("policy", file)] : [],
            ReadBytes = context.Model.WeightBytes,
            PeakMemoryBytes = 2L * sizeof(float) * ((ParameterCounts.Of(after).Total / after.Layers.Count) + (2L * after.VocabularySize * after.Width)),
            Seconds = 1 + (context.Model.WeightBytes / 2e8),
            OutputBytes = context.Model.WeightBytes,
            Model = new ModelOutline(layout.WriteConfig(after, options.Type ?? TensorType.BF16), context.Model.WeightBytes),
        };
    }

    /// <inheritdoc/>
    public StepReport Run(StepContext context)
    {
        var policies = Policies(options, ModelFolder.ReadSpec(context.InputFolder));
        using var model = StoredLayers.Open(context.InputFolder, null, policies);
        var saved = ModelFolder.Save(model, context.OutputFolder, new SaveOptions
        {
            Type = options.Type ?? model.Weights.PlainType, SideFilesFrom = context.InputFolder,
        }, context.Cancellation);
        var layers = model.Spec.MixtureLayers.Where(l => PolicyOf(model.Spec, l) is not null).ToList();
        return new StepReport
        {
            Summary = layers.Count == 0 ? "Removed the routing policies." : $"Wrote a routing policy into {layers.Count} layers.",
            Figures = [new("layers_with_policy", layers.Count), new("weight_bytes", saved.WeightBytes, "bytes")],
            Tables = layers.Count == 0 ? [] :
            [
                new ReportTable("Policies", ["layer", "policy"],
                    [.. layers.Select(l => (IReadOnlyList<string>)[l.ToString(CultureInfo.InvariantCulture), RoutingPolicyFile.Text(PolicyOf(model.Spec, l)!)])]),
            ],
            Notes = [.. saved.Notes],
        };
    }

    /// <summary>What the options ask of a model.</summary>
    /// <exception cref="BadRequestException">They contradict one another or mean nothing to the model.</exception>
    public static RoutingPolicies Policies(PolicyStepOptions options, ModelSpec spec)
    {
        var policy = Policy(options);
        if (options.Policy is not null && policy != RoutingPolicy.None)
            throw new BadRequestException("policy says all of it: leave the other keys out, or policy.");
        var asked = options.Policy is { } given ? RoutingPolicyFile.Read(given, spec) : RoutingPolicies.Everywhere(spec, policy);
        if (options.Layers is null) return asked;
        if (options.Layers.FirstOrDefault(l => !spec.MixtureLayers.Contains(l), -1) is >= 0 and var bad) throw new BadRequestException($"layers: layer {bad} has no experts.");
        return new(spec.MixtureLayers.Select(l => (l, Policy: options.Layers.Contains(l) ? asked.Layers.GetValueOrDefault(l) : PolicyOf(spec, l)))
            .Where(p => p.Policy is not null).ToDictionary(p => p.l, p => p.Policy!));
    }

    static RoutingPolicy Policy(PolicyStepOptions o) => new()
    {
        Chosen = o.Keep, Ratios = [.. o.Ratios.Select(r => (float)r)], Share = (float)o.Share, ShareOfAll = o.ShareOfAll, Threshold = (float)o.Threshold,
        Protection = o.Protected > 0 || o.Dropped > 0 ? new TokenProtection((float)o.Protected, (float)o.Dropped) : null,
        Masked = o.Masked, Renormalise = o.Renormalise, RenormaliseAbsent = o.RenormaliseAbsent,
    };

    static RoutingPolicy? PolicyOf(ModelSpec spec, int layer) => spec.Mixture(layer).Router.Policy;
}

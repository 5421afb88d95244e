using System.Globalization;
using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Compression.Search;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Architectures;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Compression.Policies;

/// <summary>The step "policy": writes routing policies, or a smaller number of experts per token, into a checkpoint, whose weights stay as they are.</summary>
/// <param name="options">Which policy where.</param>
public sealed class PolicyStep(PolicyStepOptions options) : IStep
{
    // Of statistics that are not there yet: any ratio tells what is written.
    const float AnyRatio = 0.5f;

    /// <inheritdoc/>
    public bool WritesModel => true;

    /// <inheritdoc/>
    public StepPlan Plan(PlanContext context)
    {
        options.Check();
        var before = context.Shape();
        var ratios = options.From is null ? null
            : StepStatistics.Planned(options.Statistics, before, context, "Ratios are taken from statistics of the model: name their folder, or put a step calibrate before.") is { } statistics
                ? NaeeSkipping.Policies(before, statistics, options.Part) : RoutingPolicies.Everywhere(before, new RoutingPolicy { Ratios = [AnyRatio] });
        var after = Shape(before, Policies(options, before, ratios));
        var layout = ArchitectureRegistry.MostStandard(after, out _);
        return new StepPlan
        {
            Summary = $"{Described(before, after)}, written as {layout.ModelType}",
            Inputs =
            [
                .. options.Policy is { } file && File.Exists(file) ? [new StepInput("policy", file)] : Array.Empty<StepInput>(),
                .. options.Statistics is { } folder ? [new StepInput("statistics", folder)] : Array.Empty<StepInput>(),
            ],
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
        options.Check();
        var notes = new List<string>();
        var before = ModelFolder.ReadSpec(context.InputFolder);
        var policies = Policies(options, before, options.From is null ? null : Ratios(before, context, notes));
        using var source = StoredLayers.Open(context.InputFolder);
        using var model = new ReshapedLayers(source, Shape(before, policies));
        var type = options.Type ?? source.Weights.PlainType;
        var saved = ModelFolder.Save(model, context.OutputFolder, new SaveOptions
        {
            Type = type, Encoded = options.Type is null ? source.Weights : null, SideFilesFrom = context.InputFolder,
        }, context.Cancellation);
        var layers = model.Spec.MixtureLayers.Where(l => RouterOf(model.Spec, l).Policy is not null).ToList();
        return new StepReport
        {
            Summary = $"Wrote {Described(before, model.Spec)}.",
            Figures = [new("layers_with_policy", layers.Count), new("weight_bytes", saved.WeightBytes, "bytes")],
            Tables = layers.Count == 0 ? [] :
            [
                new ReportTable("Policies", ["layer", "policy"],
                    [.. layers.Select(l => (IReadOnlyList<string>)[l.ToString(CultureInfo.InvariantCulture), RoutingPolicyFile.Text(RouterOf(model.Spec, l).Policy!)])]),
            ],
            Notes = [.. notes, .. saved.Notes, .. saved.Decoded(source.Weights, type, options.Type is null ? null : "type asks for it")],
        };
    }

    RoutingPolicies Ratios(ModelSpec spec, StepContext context, List<string> notes)
    {
        var statistics = StepStatistics.Read(options.Statistics, spec, () => CalibrationSource.OfModel(context.InputFolder, context.Progress, context.Cancellation), context, notes)
            ?? throw new BadRequestException("No step before wrote statistics. Name their folder, or put a step calibrate before.");
        return NaeeSkipping.Policies(spec, statistics, options.Part);
    }

    /// <summary>What the options ask of a model.</summary>
    /// <param name="options">The options.</param>
    /// <param name="spec">The model.</param>
    /// <param name="measured">Ratios from statistics, where the options ask for them.</param>
    /// <exception cref="BadRequestException">They contradict one another or mean nothing to the model.</exception>
    public static RoutingPolicies Policies(PolicyStepOptions options, ModelSpec spec, RoutingPolicies? measured = null)
    {
        options.Check();
        var policy = Policy(options);
        var asked = options.Policy is { } given ? RoutingPolicyFile.Read(given, spec)
            : measured is null ? RoutingPolicies.Everywhere(spec, policy)
            : new(spec.MixtureLayers.ToDictionary(l => l, l => policy with { Ratios = measured.Layers.GetValueOrDefault(l, RoutingPolicy.None).Ratios }));
        if (options.Layers is null) return asked;
        if (options.Layers.FirstOrDefault(l => !spec.MixtureLayers.Contains(l), -1) is >= 0 and var bad) throw new BadRequestException($"layers: layer {bad} has no experts.");
        return new(spec.MixtureLayers.Select(l => (l, Policy: options.Layers.Contains(l) ? asked.Layers.GetValueOrDefault(l) : RouterOf(spec, l).Policy))
            .Where(p => p.Policy is not null).ToDictionary(p => p.l, p => p.Policy!));
    }

    static RoutingPolicy Policy(PolicyStepOptions o) => new()
    {
        Chosen = o.Keep, Ratios = [.. o.Ratios.Select(r => (float)r)], Share = (float)o.Share, ShareOfAll = o.ShareOfAll, Threshold = (float)o.Threshold,
        Protection = o.Protected > 0 || o.Dropped > 0 ? new TokenProtection((float)o.Protected, (float)o.Dropped) : null,
        Masked = o.Masked, Renormalise = o.Renormalise, RenormaliseAbsent = o.RenormaliseAbsent,
    };

    // A policy that leaves the first so many, and a router that chooses so many, decide the same.
    ModelSpec Shape(ModelSpec spec, RoutingPolicies policies)
    {
        var shape = policies.ApplyTo(spec);
        return !options.Permanent ? shape : shape with
        {
            Layers = [.. shape.Layers.Select((layer, l) => layer.FeedForward is MixtureSpec { Router: { Policy.Chosen: { } chosen } router } mixture && options.Layers?.Contains(l) != false
                ? layer with { FeedForward = mixture with { Router = router with { Chosen = chosen, Policy = null } } } : layer)],
        };
    }

    static string Described(ModelSpec before, ModelSpec after)
    {
        int Layers(Func<int, bool> where) => after.MixtureLayers.Count(where);
        int all = Layers(_ => true), policies = Layers(l => RouterOf(after, l).Policy is not null), fewer = Layers(l => RouterOf(after, l).Chosen < RouterOf(before, l).Chosen);
        return fewer > 0 ? $"fewer experts per token in {fewer} of {all} mixture layers"
            : policies > 0 ? $"a routing policy in {policies} of {all} mixture layers" : "no routing policy in any layer";
    }

    static RouterSpec RouterOf(ModelSpec spec, int layer) => spec.Mixture(layer).Router;
}

using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Models.Architectures;

namespace Moesaic.Methods.Compression.Materialise;

/// <summary>
/// The plain shape of a model: fewer chosen experts where a policy leaves the first so many, experts of zeros where a router chooses one that is
/// not there, a feed-forward of zeros where there is none, equally many experts in every layer where the added ones can never be chosen.
/// </summary>
/// <param name="Kept">What of the source is read: without the experts that a policy masks.</param>
/// <param name="Shape">Of the result.</param>
/// <param name="Layout">Of the result.</param>
/// <param name="Notes">What was expanded, and where the last bits may differ.</param>
sealed record MaterialisedShape(ExpertSelection Kept, ModelSpec Shape, IArchitecture Layout, IReadOnlyList<string> Notes)
{
    /// <summary>Plans.</summary>
    /// <exception cref="BadRequestException">A layer has something that no standard layout computes; the message names it.</exception>
    public static MaterialisedShape Of(ModelSpec spec)
    {
        var notes = new List<string>();
        ExpertSelection kept = new([.. spec.Layers.Select((layer, l) => new LayerSelection(l) { Experts = Unmasked(layer.FeedForward) })]);
        if (kept.Layers.Any(l => l.Experts is not null)) notes.Add("masked experts are left out: sums over fewer experts may differ in their last bits");
        var plain = kept.Shape(spec);
        plain = plain with { Layers = [.. plain.Layers.Select((layer, l) => layer with { FeedForward = Plain(layer.FeedForward, l, notes) })] };
        plain = Padded(plain, notes);
        // Where there is no feed-forward any of zeros will do: take one that the most standard layout has.
        var (shape, layout, refused) = Fillings(plain).Select(s => (s, ArchitectureRegistry.MostStandard(s, out var why), why))
            .MinBy(c => ArchitectureRegistry.All.Index().First(a => a.Item.ModelType == c.Item2.ModelType).Index);
        if (plain.Layers.Count(l => l.FeedForward is AbsentSpec) is > 0 and var absent) notes.Add($"{absent} layers without a feed-forward get one of zeros");
        if (layout.ModelType == "moesaic")
            throw new BadRequestException($"No standard layout computes what this model does ({string.Join("; ", refused)}).");
        return new(kept, shape, layout, notes);
    }

    static int[]? Unmasked(FeedForwardSpec feedForward) => feedForward is MixtureSpec { Router: { Policy: { Masked.Count: > 0 and var masked } policy } router }
        ? [.. Enumerable.Range(0, router.Experts).Where(e => !policy.Masked.Contains(e))] : null;

    static FeedForwardSpec Plain(FeedForwardSpec feedForward, int layer, List<string> notes)
    {
        if (feedForward is not MixtureSpec { Router: var router } mixture) return feedForward;
        var where = $"Layer {layer}";
        if (router.Policy is { } policy) router = WithoutPolicy(router, policy, where);
        if (router.Map is { } map) router = WithoutMap(router, map, where);
        if (router.Training is not null || router.Noise is not (RouterNoise.None or RouterNoise.Learned))
        {
            router = router with { Training = null, Noise = RouterNoise.None, NoiseDeviation = 0 };
            notes.Add($"layer {layer}: what its router does in training alone is left out");
        }
        var widths = mixture.ExpertWidths;
        if (mixture.HasAbsent)
        {
            notes.Add($"layer {layer}: {widths.Count(w => w == 0)} experts that are not there become experts of zeros");
            widths = [.. widths.Select(w => w > 0 ? w : widths.Max())];
        }
        return mixture with { Router = router, ExpertWidths = widths };
    }

    static RouterSpec WithoutPolicy(RouterSpec router, RoutingPolicy policy, string where)
    {
        var folded = new RoutingPolicy { Chosen = policy.Chosen, Renormalise = policy.Renormalise == router.SumsToScale ? policy.Renormalise : null };
        if (policy with { Masked = [] } != folded)
            throw new BadRequestException($"{where}: its routing policy ({RoutingPolicyFile.Text(policy with { Masked = [] })}) decides for each token how many experts it computes, or weighs them "
                + "otherwise than any standard layout. Remove it (step policy, without keys) or leave a fixed number of experts.");
        return router with { Policy = null, Chosen = policy.Chosen ?? router.Chosen };
    }

    static RouterSpec WithoutMap(RouterSpec router, ProbabilityMap map, string where) =>
        map.Rows == map.Columns && map.Values.Index().All(v => v.Item == (v.Index / map.Columns == v.Index % map.Columns ? 1 : 0)) ? router with { Map = null }
        : throw new BadRequestException($"{where}: its router maps probabilities after the softmax, which no weights of a plain router can do; only this program computes it.");

    // A row that can never win: a softmax over all experts would give it a part all the same, unless its logit is far below all others.
    static ModelSpec Padded(ModelSpec spec, List<string> notes)
    {
        MixtureSpec[] mixtures = [.. spec.Layers.Select(l => l.FeedForward).OfType<MixtureSpec>()];
        if (mixtures.Length == 0 || mixtures.All(m => m.Router.Experts == mixtures[0].Router.Experts)) return spec;
        var most = mixtures.Max(m => m.Router.Experts);
        for (var l = 0; l < spec.Layers.Count; l++)
        {
            if (spec.Layers[l].FeedForward is not MixtureSpec { Router: var router } || router.Experts == most) continue;
            if (!NeverChosen(router))
                throw new BadRequestException($"Layer {l} has {router.Experts} experts and others {most}. More experts that nobody chooses would take their part of the probabilities of this router, "
                    + "which has no bias to exclude them: no standard layout computes the same. Prune every layer to equally many experts, or keep the model as it is.");
            notes.Add($"layer {l}: {most - router.Experts} experts of zeros that a bias of {LowBias} excludes are added");
        }
        return spec with
        {
            Layers = [.. spec.Layers.Select(layer => layer.FeedForward is not MixtureSpec m ? layer : layer with
            {
                FeedForward = m with { Router = m.Router with { Experts = most }, ExpertWidths = [.. m.ExpertWidths, .. Enumerable.Repeat(m.ExpertWidths[0], most - m.ExpertWidths.Count)] },
            })],
        };
    }

    /// <summary>What excludes an expert: representable in half precision, and e to this is 0.</summary>
    public const float LowBias = -30_000;

    /// <summary>Whether a bias can exclude an expert without a trace.</summary>
    static bool NeverChosen(RouterSpec router) => router is { Score: RouterScore.Linear, Groups: null, Norm: null, Selection.Kind: SelectionKind.TopK, Capacity: null }
        && ((router.Affinity == RouterAffinity.Sigmoid && router.SelectionBias) || (router.Affinity != RouterAffinity.Sigmoid && router.Bias));

    static IEnumerable<ModelSpec> Fillings(ModelSpec spec)
    {
        var fillings = spec.Layers.Select(l => l.FeedForward).Where(f => f is not AbsentSpec).Distinct().ToList();
        if (fillings.Count == 0) fillings.Add(new DenseSpec(spec.Width));
        if (fillings.OfType<MixtureSpec>().FirstOrDefault() is { } mixture && !fillings.OfType<DenseSpec>().Any()) fillings.Add(new DenseSpec(mixture.ExpertWidths[0]));
        return fillings.Select(f => spec with { Layers = [.. spec.Layers.Select(l => l.FeedForward is AbsentSpec ? l with { FeedForward = f } : l)] });
    }
}

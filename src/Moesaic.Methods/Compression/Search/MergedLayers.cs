using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Tensors;

namespace Moesaic.Methods.Compression.Search;

/// <summary>A model whose experts are made of those of another, layer by layer. A map that only chooses slices the router; any other stays in it.</summary>
sealed class MergedLayers : ModelPieces
{
    readonly SelectedLayers source;
    readonly IReadOnlyDictionary<int, ExpertMap> maps;

    /// <param name="source">Passed <see cref="Check"/>; stays the caller's.</param>
    /// <param name="maps">By layer; others stay as they are.</param>
    public MergedLayers(ModelPieces source, IReadOnlyDictionary<int, ExpertMap> maps)
    {
        this.source = new SelectedLayers(source, Selection(source.Spec, maps));
        this.maps = maps.Where(m => m.Value.Chosen is null).ToDictionary();
        Spec = Shape(this.source.Spec, this.maps);
    }

    /// <inheritdoc/>
    public override ModelSpec Spec { get; }

    /// <summary>What the maps choose, where they do.</summary>
    public static ExpertSelection Selection(ModelSpec spec, IReadOnlyDictionary<int, ExpertMap> maps) => new(
        [.. spec.Layers.Select((_, l) => new LayerSelection(l) { Experts = maps.TryGetValue(l, out var map) ? map.Chosen : null })]);

    /// <summary>The shape with maps that mix.</summary>
    public static ModelSpec Shape(ModelSpec spec, IReadOnlyDictionary<int, ExpertMap> maps) => spec with
    {
        Layers = [.. spec.Layers.Select((layer, l) => !maps.TryGetValue(l, out var map) ? layer : layer with { FeedForward = Shape((MixtureSpec)layer.FeedForward, map) })],
    };

    static MixtureSpec Shape(MixtureSpec mixture, ExpertMap map) => mixture with
    {
        Router = mixture.Router with { Experts = map.Rows, Map = new ProbabilityMap(map.Rows, map.Columns, map.Router) },
        ExpertWidths = [.. Enumerable.Repeat(mixture.ExpertWidths[0], map.Rows)],
    };

    /// <summary>Refuses models whose experts the method is not defined for.</summary>
    /// <param name="spec">The model.</param>
    /// <param name="merge">Whether experts are merged, not only chosen.</param>
    /// <exception cref="BadRequestException">One of its routers has no map.</exception>
    public static void Check(ModelSpec spec, bool merge)
    {
        foreach (var l in spec.MixtureLayers)
        {
            var (mixture, router) = (spec.Mixture(l), spec.Mixture(l).Router);
            if (router.Map is not null || mixture.HasAbsent)
                throw new BadRequestException($"Layer {l} was pruned with its router's rows kept, or merged; its experts can be neither chosen nor merged once more.");
            if (!merge) continue;
            if (router.Affinity != RouterAffinity.SoftmaxBeforeSelection || router.Weight != CombineWeight.Renormalised || router.Selection.Kind != SelectionKind.TopK
                || router.SelectionBias || router.Groups is not null || router.Score == RouterScore.Hash)
                throw new BadRequestException($"Layer {l}: experts are merged behind a map of the router's probabilities, which needs a softmax over all experts, the K best and weights that sum to one, without groups or a selection bias; set merging to 0.");
            if (mixture.UniformWidth is null) throw new BadRequestException($"Layer {l}: experts of different widths cannot be merged; set merging to 0.");
        }
    }

    /// <inheritdoc/>
    public override Model Embedding() => source.Embedding();

    /// <inheritdoc/>
    public override Model Head() => source.Head();

    /// <inheritdoc/>
    public override Model Layer(int layer)
    {
        var whole = source.Layer(layer);
        if (!maps.TryGetValue(layer, out var map)) return whole;
        using (whole)
        {
            var merged = ModelCopy.InShape(whole, Spec with { Layers = [Spec.Layers[layer]] });
            var of = whole.Parameters.Where(p => p.Matrix is Tensor).ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
            foreach (var parameter in merged.Parameters)
            {
                const string Experts = "model.layers.0.mlp.experts.";
                if (!parameter.Name.StartsWith(Experts, StringComparison.Ordinal)) continue;
                var end = parameter.Name.IndexOf('.', Experts.Length);
                var row = int.Parse(parameter.Name.AsSpan(Experts.Length, end - Experts.Length), System.Globalization.CultureInfo.InvariantCulture);
                parameter.Value.Span.Clear();
                for (var j = 0; j < map.Columns; j++)
                    if (map.Experts[(row * map.Columns) + j] is not 0 and var weight)
                        Elementwise.AddScaled(parameter.Value.Span, of[FormattableString.Invariant($"{Experts}{j}{parameter.Name[end..]}")].Span, weight);
            }
            return merged;
        }
    }
}

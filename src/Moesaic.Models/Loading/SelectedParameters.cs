using System.Globalization;

namespace Moesaic.Models.Loading;

/// <summary>Where a parameter of a selection comes from.</summary>
/// <param name="Source">Name of the parameter that it is, or is a part of.</param>
/// <param name="Rows">The rows of it that stay, in their new order; null: all.</param>
/// <param name="Columns">The columns of it that stay, in their new order; null: all.</param>
readonly record struct SelectedParameter(string Source, int[]? Rows = null, int[]? Columns = null);

/// <summary>From the parameters of what stays to those that were there (<see cref="ExpertSelection"/>).</summary>
/// <param name="spec">Of the model that is selected from.</param>
/// <param name="selection">What stays.</param>
sealed class SelectedParameters(ModelSpec spec, ExpertSelection selection)
{
    /// <summary>The source of a parameter.</summary>
    /// <param name="name">In what stays.</param>
    /// <param name="role">What it is for.</param>
    public SelectedParameter Of(string name, ParameterRole role)
    {
        if (!ModelPieces.IsOfLayer(name, out var number, out var inPiece)) return new(name);
        var layer = selection.Layers[number];
        var rest = inPiece["model.layers.0.".Length..];
        if (layer.Experts is null || spec.Layers[layer.Layer].FeedForward is not MixtureSpec mixture) return new(Named(layer.Layer, rest));
        var order = SelectedExperts.Order(mixture, layer);
        if (rest.Split('.') is ["mlp", "experts", var expert, .. var end])
            return new(Named(layer.Layer, $"mlp.experts.{order[int.Parse(expert, CultureInfo.InvariantCulture)].ToString(CultureInfo.InvariantCulture)}.{string.Join('.', end)}"));
        var whole = layer.KeepsRouter || !rest.StartsWith(RouterPrefix, StringComparison.Ordinal) || role is not (ParameterRole.Router or ParameterRole.SelectionBias);
        return whole ? new(Named(layer.Layer, rest)) : OfRouter(Named(layer.Layer, rest), rest[RouterPrefix.Length..], mixture.Router, order);
    }

    const string RouterPrefix = "mlp.gate.";

    static string Named(int layer, string rest) => FormattableString.Invariant($"model.layers.{layer}.{rest}");

    // What of a router's parameters is one per expert: see RouterFactory.
    static SelectedParameter OfRouter(string source, string name, RouterSpec router, int[] order) => name switch
    {
        // Behind a map the scores are not the experts': the map's rows go.
        not ("gain" or "e_score_correction_bias") when router.Map is not null => new(source),
        "bias" or "gain" or "e_score_correction_bias" => new(source, Columns: order),
        "keys.weight" when router.Score == RouterScore.Table => new(source, Columns: order),
        "keys.weight" or "temperature" or "projection.weight" or "groups.weight" or "gate_network.0.weight" => new(source),
        "weight" or "gate_network.2.weight" or "gate_proj.weight" or "up_proj.weight" or "weight_noise.weight" => new(source, Rows: order),
        _ => throw new ArgumentException($"nobody said what becomes of {source} when experts go", nameof(name)),
    };
}

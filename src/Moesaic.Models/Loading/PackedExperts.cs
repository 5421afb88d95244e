using System.Globalization;
using Moesaic.Formats;

namespace Moesaic.Models.Loading;

/// <summary>
/// Experts of a layer in two tensors, as newer programs write them: mlp.experts.gate_up_proj [E, 2F, D], gates first, and
/// mlp.experts.down_proj [E, D, F]. Some store each expert turned over: [E, D, 2F] and [E, F, D].
/// </summary>
/// <param name="store">The folder's tensors.</param>
/// <param name="reader">Told which are used.</param>
/// <param name="spec">The shape.</param>
sealed class PackedExperts(TensorStore store, WeightReader reader, ModelSpec spec)
{
    readonly Dictionary<string, (TensorInfo? Info, bool Turned)> taken = new(StringComparer.Ordinal);

    /// <summary>
    /// Where an expert's projection lies; null when the layer's experts are not packed, or in a
    /// shape that the reader then complains of.
    /// </summary>
    /// <param name="parameter">model.layers.{l}.mlp.experts.{e}.{gate|up|down}_proj.weight.</param>
    /// <param name="packed">Whether there is a packed tensor for it.</param>
    public HfPlace? Find(string parameter, out bool packed)
    {
        packed = false;
        if (parameter.Split('.') is not ["model", "layers", var number, "mlp", "experts", var expert, var projection, "weight"]) return null;
        var layer = int.Parse(number, CultureInfo.InvariantCulture);
        if (spec.Layers[layer].FeedForward is not MixtureSpec { UniformWidth: { } inner } mixture) return null;
        var down = projection == "down_proj";
        var name = $"model.layers.{number}.mlp.experts.{(down ? "down_proj" : "gate_up_proj")}";
        if (!store.Contains(name)) name += ".weight";
        if (!store.Contains(name)) return null;
        packed = true;
        var (info, turned) = Take(name, mixture.Router.Experts, down ? spec.Width : 2 * inner, down ? inner : spec.Width, inner);
        if (info is null) return null;
        long block = long.Parse(expert, CultureInfo.InvariantCulture) * (down ? 1 : 2) * inner * spec.Width;
        var within = projection == "up_proj" ? turned ? inner : (long)inner * spec.Width : 0;
        return new PlainPlace(name, info.Type, block + within, !turned ? 0 : down ? spec.Width : 2 * inner);
    }

    (TensorInfo? Info, bool Turned) Take(string name, int experts, int rows, int columns, int inner)
    {
        if (taken.TryGetValue(name, out var known)) return known;
        // Where an expert is a square, its other tensor is none and tells.
        var shape = store.Info(name).Shape;
        var turned = rows != columns ? shape.SequenceEqual([experts, columns, rows]) : IsTurned(Partner(name), experts, inner);
        var info = turned ? reader.Take(name, experts, columns, rows) : reader.Take(name, experts, rows, columns);
        var fits = info is not null && info.Shape.SequenceEqual(turned ? [experts, columns, rows] : [experts, rows, columns]) && info.Type.IsFloat();
        return taken[name] = (fits ? info : null, turned);
    }

    bool IsTurned(string partner, int experts, int inner) => store.Find(partner) is { } info
        && info.Shape.SequenceEqual(partner.Contains("down_proj", StringComparison.Ordinal)
            ? [experts, inner, spec.Width] : [experts, spec.Width, 2 * inner]);

    static string Partner(string name) => name.Contains("gate_up_proj", StringComparison.Ordinal)
        ? name.Replace("gate_up_proj", "down_proj", StringComparison.Ordinal) : name.Replace("down_proj", "gate_up_proj", StringComparison.Ordinal);
}

using System.Globalization;
using Moesaic.Formats;

namespace Moesaic.Models.Loading;

/// <summary>
/// Experts of a layer as gpt-oss has them: mlp.experts.gate_up_proj [E, D, 2F], where gates and ups take turns, down_proj
/// [E, F, D], and gate_up_proj_bias [E, 2F] and down_proj_bias [E, D] beside them. In MXFP4 the matrices are not turned over, see
/// <see cref="MicroscalingPlace"/>: rows of gates and ups take turns.
/// </summary>
public sealed class InterleavedExperts
{
    readonly TensorStore store;
    readonly WeightReader reader;
    readonly ModelSpec spec;
    readonly Dictionary<string, TensorInfo?> taken = new(StringComparer.Ordinal);

    internal InterleavedExperts(TensorStore store, WeightReader reader, ModelSpec spec) =>
        (this.store, this.reader, this.spec) = (store, reader, spec);

    /// <summary>Where a parameter of an expert lies; null when it is missing or misshapen, of which the reader complains.</summary>
    /// <param name="parameter">model.layers.{l}.mlp.experts.{e}.{gate|up|down}_proj.{weight|bias}.</param>
    internal HfPlace? Find(string parameter)
    {
        if (parameter.Split('.') is not ["model", "layers", var number, "mlp", "experts", var index, var projection, var kind])
            throw new ArgumentException($"{parameter} is none of an expert", nameof(parameter));
        var mixture = spec.Mixture(int.Parse(number, CultureInfo.InvariantCulture));
        int experts = mixture.Router.Experts, inner = mixture.ExpertWidths[0], expert = int.Parse(index, CultureInfo.InvariantCulture);
        bool down = projection == "down_proj";
        int rows = down ? spec.Width : 2 * inner, columns = down ? inner : spec.Width;
        int first = projection == "up_proj" ? 1 : 0, step = down ? 1 : 2;
        var name = $"model.layers.{number}.mlp.experts.{(down ? "down_proj" : "gate_up_proj")}";
        if (kind == "bias")
            return Take($"{name}_bias", experts, rows) is not { } bias ? null
                : new PlainPlace(bias.Name, bias.Type, ((long)expert * rows) + first, down ? 0 : step);
        var scaled = new MicroscalingPlace(name, ((long)expert * rows) + first, step);
        if (store.Contains(scaled.Blocks))
            return TakeBytes(scaled.Blocks, experts, rows, columns / MicroscalingPlace.BlockLength, MicroscalingPlace.PackedBytes) is null
                | TakeBytes(scaled.Scales, experts, rows, columns / MicroscalingPlace.BlockLength) is null
                || columns % MicroscalingPlace.BlockLength != 0 ? null : scaled;
        return Take(name, experts, columns, rows) is not { } info ? null
            : new PlainPlace(name, info.Type, ((long)expert * rows * columns) + first, rows, step);
    }

    /// <summary>The tensors of all layers' experts, to be written.</summary>
    /// <param name="spec">The shape.</param>
    /// <param name="type">How numbers are stored.</param>
    /// <param name="read">Gives all values of a parameter.</param>
    /// <param name="microscaled">Where the matrices are stored in MXFP4, whose blocks are copied; null: they are stored as numbers.</param>
    public static IEnumerable<TensorSource> Sources(ModelSpec spec, TensorType type, Func<string, float[]> read, StoredWeights? microscaled = null) =>
        microscaled is null ? Numbers(spec, type, read)
            : Numbers(spec, type, read).Where(t => t.Name.EndsWith("_bias", StringComparison.Ordinal)).Concat(MicroscaledExperts.Sources(microscaled));

    static IEnumerable<TensorSource> Numbers(ModelSpec spec, TensorType type, Func<string, float[]> read)
    {
        for (var l = 0; l < spec.Layers.Count; l++)
        {
            var mixture = spec.Mixture(l);
            int experts = mixture.Router.Experts, inner = mixture.ExpertWidths[0], width = spec.Width;
            var name = FormattableString.Invariant($"model.layers.{l}.mlp.experts");
            yield return new TensorSource($"{name}.gate_up_proj", type, [experts, width, 2 * inner], sink => Each(experts, e =>
                sink.WriteFloats(TakingTurns(Turned(Of(e, "gate_proj.weight"), width), Turned(Of(e, "up_proj.weight"), width)))));
            yield return new TensorSource($"{name}.gate_up_proj_bias", type, [experts, 2 * inner], sink => Each(experts, e =>
                sink.WriteFloats(TakingTurns(Of(e, "gate_proj.bias"), Of(e, "up_proj.bias")))));
            yield return new TensorSource($"{name}.down_proj", type, [experts, inner, width], sink => Each(experts, e =>
                sink.WriteFloats(Turned(Of(e, "down_proj.weight"), inner))));
            yield return new TensorSource($"{name}.down_proj_bias", type, [experts, width], sink => Each(experts, e =>
                sink.WriteFloats(Of(e, "down_proj.bias"))));

            float[] Of(int expert, string projection) => read(FormattableString.Invariant($"{name}.{expert}.{projection}"));
        }
    }

    static void Each(int experts, Action<int> write)
    {
        for (var e = 0; e < experts; e++) write(e);
    }

    static float[] Turned(float[] matrix, int columns)
    {
        var turned = new float[matrix.Length];
        var rows = matrix.Length / columns;
        for (var r = 0; r < rows; r++)
            for (var c = 0; c < columns; c++) turned[(c * rows) + r] = matrix[(r * columns) + c];
        return turned;
    }

    static float[] TakingTurns(float[] first, float[] second)
    {
        var both = new float[2 * first.Length];
        for (var i = 0; i < first.Length; i++) (both[2 * i], both[(2 * i) + 1]) = (first[i], second[i]);
        return both;
    }

    TensorInfo? Take(string name, params ReadOnlySpan<long> shape) => taken.TryGetValue(name, out var known) ? known
        : taken[name] = reader.Take(name, shape) is { } info && info.Shape.SequenceEqual(shape) && info.Type.IsFloat() ? info : null;

    TensorInfo? TakeBytes(string name, params ReadOnlySpan<long> shape) => taken.TryGetValue(name, out var known) ? known
        : taken[name] = reader.TakeBytes(name, shape) is { } info && info.Shape.SequenceEqual(shape) && info.Type == TensorType.U8 ? info : null;
}

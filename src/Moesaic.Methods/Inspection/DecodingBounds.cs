using System.Globalization;
using Moesaic.Kernels;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Inspection;

/// <summary>Which models fit into a machine's memory, and how fast it can at most decode with them.</summary>
public static class DecodingBounds
{
    /// <summary>Part of the memory that weights may take; the rest is for the key/value cache, the pass and the system.</summary>
    public const double Share = 0.85;

    // Sizes that people know, in billions of parameters.
    static readonly double[] Sizes = [0.135, 0.5, 1, 3, 8, 14, 32, 70];

    static readonly WeightEncoding[] Encodings = [WeightEncoding.F32, WeightEncoding.BF16, WeightEncoding.Q8_0, WeightEncoding.Q4_K];

    /// <summary>Bytes of so many weights.</summary>
    public static double Bytes(double weights, WeightEncoding encoding) => weights * encoding.BlockBytes() / encoding.BlockLength();

    /// <summary>The most weights that fit.</summary>
    /// <param name="memory">Bytes.</param>
    /// <param name="encoding">How weights are held in memory.</param>
    public static double MostWeights(double memory, WeightEncoding encoding) => Share * memory / Bytes(1, encoding);

    /// <summary>A row per size, a column per encoding: tokens per second when nothing but reading the weights takes time, empty when they do not fit.</summary>
    /// <param name="memory">Bytes that may be used.</param>
    /// <param name="bandwidth">Bytes per second.</param>
    public static ReportTable Table(double memory, double bandwidth) => new(
        "Decoding at most (tokens/s)",
        ["parameters read per token", .. Encodings.Select(e => e.Name())],
        [.. Sizes.Select(size => (IReadOnlyList<string>)
        [
            $"{size.ToString("0.###", CultureInfo.InvariantCulture)} B",
            .. Encodings.Select(e => size * 1e9 > MostWeights(memory, e) ? "" : Rate(bandwidth / Bytes(size * 1e9, e))),
        ])]);

    static string Rate(double tokens) => tokens.ToString(tokens < 10 ? "0.0" : "0", CultureInfo.InvariantCulture);
}

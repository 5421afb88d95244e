using System.Runtime.InteropServices;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models.Layers;

namespace Moesaic.Models.Gguf;

/// <summary>
/// Rotary frequencies in GGUF: a base, a linear factor and YaRN's numbers are keys; Llama 3.1's scaling is stored as its
/// effect, a divisor for each pair of dimensions, in the tensor rope_freqs.weight.
/// </summary>
static class GgufRope
{
    public const string Tensor = "rope_freqs.weight";

    const string Base = "rope.freq_base", Type = "rope.scaling.type", Factor = "rope.scaling.factor", OldFactor = "rope.scale_linear";
    const string OriginalContext = "rope.scaling.original_context_length", Finetuned = "rope.scaling.finetuned";
    const string BetaFast = "rope.scaling.yarn_beta_fast", BetaSlow = "rope.scaling.yarn_beta_slow", LogMultiplier = "rope.scaling.yarn_log_multiplier";

    public static RopeConfig Read(GgufKeys keys, GgufFile file, AttentionSpec attention)
    {
        var rope = Scaling(keys);
        if (file.Find(Tensor) is not { } tensor) return rope;
        return rope.Scaling == RopeScaling.None ? FromDivisors(rope, Divisors(file, tensor, attention.RotaryDim), file)
            : throw keys.Bad(Type, $"is \"{rope.Scaling}\" although there is a tensor {Tensor}");
    }

    /// <summary>What the keys alone say.</summary>
    static RopeConfig Scaling(GgufKeys keys)
    {
        var metadata = keys.Metadata;
        var theta = metadata.NumberOr(keys.Full(Base), 10_000);
        if (theta <= 0) throw keys.Bad(Base, "must be above 0");
        metadata.Accept(keys.Full(Finetuned), keys.Full(OriginalContext));
        var factor = metadata.NumberOrNull(keys.Full(Factor)) ?? metadata.NumberOrNull(keys.Full(OldFactor)) ?? 1;
        var type = metadata.TextOrNull(keys.Full(Type)) ?? (factor is 0 or 1 ? "none" : "linear");
        var plain = new RopeConfig(theta);
        return type switch
        {
            "none" => plain,
            "linear" when factor is 0 or 1 => plain,
            "linear" when factor > 1 => new RopeConfig(theta, RopeScaling.Linear, factor),
            "yarn" when factor >= 1 => Yarn(keys, theta, factor),
            "linear" or "yarn" => throw keys.Bad(Factor, "must be 1 or more"),
            _ => throw keys.Bad(Type, $"is \"{type}\", which is not supported (supported: none, linear, yarn)"),
        };
    }

    static RopeConfig Yarn(GgufKeys keys, double theta, double factor)
    {
        // A tenth of DeepSeek's mscale_all_dim, which is then its mscale too; more digits than float32 holds mean nothing. Elsewhere
        // the key is left unread, and so refused.
        var latent = keys.IntOrNull(GgufKeys.LatentRank) is not null;
        var multiplier = latent ? Math.Round((keys.Metadata.NumberOrNull(keys.Full(LogMultiplier)) ?? 0) * 10, 6) : 0;
        return new RopeConfig(theta, RopeScaling.Yarn, factor,
            OriginalContext: keys.IntOrNull(OriginalContext, min: 1) ?? keys.Int(GgufKeys.ContextLength, min: 1))
        {
            BetaFast = keys.Metadata.NumberOrNull(keys.Full(BetaFast)) ?? 32, BetaSlow = keys.Metadata.NumberOrNull(keys.Full(BetaSlow)) ?? 1,
            MScale = multiplier, MScaleAllDim = multiplier,
        };
    }

    /// <summary>The factor on the scores of latent attention, which follows from the stretched context.</summary>
    public static float ScoreFactor(GgufKeys keys)
    {
        var rope = Scaling(keys);
        if (rope.Scaling != RopeScaling.Yarn) return 1;
        return rope.MScaleAllDim != 0 ? (float)Math.Pow(rope.Stretch(rope.MScaleAllDim), 2)
            : throw keys.Bad(LogMultiplier, "is missing beside yarn; older files without it mean different things to different programs");
    }

    /// <summary>Why the keys cannot say this scaling.</summary>
    public static string? WhyNot(ModelSpec spec)
    {
        var rope = spec.Rope;
        if (rope.Scaling != RopeScaling.Yarn) return null;
        return !rope.Truncate ? "the ramp of its stretched context is not rounded"
            : spec.Layers[0].Attention.Latent is null && Math.Abs(rope.Gain - rope.Stretch(1)) > 1e-9
                ? "its stretched context has a factor of its own on the attention" : null;
    }

    public static void Write(ModelSpec spec, GgufKeys keys)
    {
        var rope = spec.Rope;
        keys.Set(Base, (float)rope.Theta);
        if (rope.Scaling == RopeScaling.Yarn)
        {
            keys.Metadata.Set(keys.Full(Type), GgufValue.Of("yarn"));
            keys.Set(Factor, (float)rope.Factor);
            keys.Set(OriginalContext, rope.OriginalContext);
            if (rope.BetaFast != 32) keys.Set(BetaFast, (float)rope.BetaFast);
            if (rope.BetaSlow != 1) keys.Set(BetaSlow, (float)rope.BetaSlow);
            if (spec.Layers[0].Attention.Latent is not null) keys.Set(LogMultiplier, (float)(rope.MScaleAllDim / 10));
        }
        if (rope.Scaling != RopeScaling.Linear) return;
        keys.Metadata.Set(keys.Full(Type), GgufValue.Of("linear"));
        keys.Set(Factor, (float)rope.Factor);
    }

    /// <summary>The tensor for Llama 3.1's scaling, or null.</summary>
    public static GgufTensorSource? Source(RopeConfig rope, int headDim)
    {
        if (rope.Scaling != RopeScaling.Llama3) return null;
        var divisors = Divisors(rope, headDim);
        return new GgufTensorSource(Tensor, GgufTensorType.Of(WeightEncoding.F32.GgufType()), [divisors.Length],
            sink => sink.Write(MemoryMarshal.AsBytes(divisors.AsSpan())));
    }

    static float[] Divisors(RopeConfig rope, int headDim)
    {
        var plain = RotaryTable.Frequencies(new RopeConfig(rope.Theta), headDim);
        return [.. RotaryTable.Frequencies(rope, headDim).Select((f, i) => (float)(plain[i] / f))];
    }

    static float[] Divisors(GgufFile file, GgufTensorInfo tensor, int headDim)
    {
        if (!tensor.Shape.SequenceEqual([headDim / 2]) || tensor.Type.Name != "F32")
            throw new BadModelException($"{file.Path}: {tensor} should be {Tensor} F32 [{headDim / 2}].");
        return MemoryMarshal.Cast<byte, float>(file.Bytes(tensor, 0, (int)tensor.ByteLength)).ToArray();
    }

    /// <summary>
    /// The scaling whose divisors these are. Only the ratios of its three lengths can be seen in them; they are given the
    /// usual factors 1 and 4.
    /// </summary>
    static RopeConfig FromDivisors(RopeConfig plain, float[] divisors, GgufFile file)
    {
        if (divisors.All(d => d == 1)) return plain;
        var factor = divisors.Max();
        foreach (var original in OriginalContexts(plain, divisors, factor))
        {
            var rope = plain with { Scaling = RopeScaling.Llama3, Factor = factor, OriginalContext = original };
            if (Divisors(rope, divisors.Length * 2).Zip(divisors).All(p => Math.Abs(p.First - p.Second) <= 1e-4 * p.Second)) return rope;
        }
        throw new BadModelException($"{file.Path}: {Tensor} holds divisors that no supported scaling of the rotary embedding gives.");
    }

    static IEnumerable<int> OriginalContexts(RopeConfig plain, float[] divisors, float factor)
    {
        for (var original = 256; original <= 1 << 20; original *= 2) yield return original;
        // From a pair between the extremes: turns = 1 + 3 smooth, and smooth follows from the divisor.
        var frequencies = RotaryTable.Frequencies(plain, divisors.Length * 2);
        for (var i = 0; i < divisors.Length; i++)
        {
            if (!(divisors[i] > 1.001 && divisors[i] < 0.999 * factor)) continue;
            var smooth = (1 / divisors[i] - 1 / factor) / (1 - 1 / factor);
            yield return (int)Math.Round((1 + 3 * smooth) * 2 * Math.PI / frequencies[i]);
        }
    }
}

using Moesaic.Formats;
using Moesaic.Tensors;

namespace Moesaic.Models.Layers;

/// <summary>Cosines and sines per position, times the factor that some scalings put on them.</summary>
/// <param name="Cos">[positions, headDim/2].</param>
/// <param name="Sin">[positions, headDim/2].</param>
public sealed record RotaryAngles(Tensor Cos, Tensor Sin);

/// <summary>
/// Cosines and sines of the rotary embedding per position, grown on demand. Threads that share a model may grow and read it at the
/// same time: what was read stays as it is.
/// </summary>
/// <param name="spec">Base and scaling.</param>
/// <param name="headDim">Width of a head; even.</param>
public sealed class RotaryTable(RopeConfig spec, int headDim)
{
    const int Fewest = 64;

    readonly double[] frequencies = Frequencies(spec, headDim);

    // Passes under way may still read the smaller ones. Each is at most half of the next, so all together are less than the last.
    readonly List<RotaryAngles> outgrown = [];
    volatile RotaryAngles angles = new(new Tensor(0, headDim / 2), new Tensor(0, headDim / 2));

    /// <summary>The table as far as it goes; never changed, only replaced by a longer one.</summary>
    public RotaryAngles Angles => angles;

    /// <summary>Makes sure that positions below <paramref name="positions"/> are in the table.</summary>
    public void Ensure(int positions)
    {
        if (positions <= angles.Cos.Rows) return;
        lock (outgrown)
        {
            if (positions <= angles.Cos.Rows) return;
            var longer = Make(Math.Max(positions, Math.Max(Fewest, angles.Cos.Rows * 2)));
            outgrown.Add(angles);
            angles = longer;
        }
    }

    RotaryAngles Make(int positions)
    {
        var (cos, sin) = (new Tensor(positions, headDim / 2), new Tensor(positions, headDim / 2));
        for (var p = 0; p < positions; p++)
            for (var i = 0; i < frequencies.Length; i++)
            {
                var (s, c) = Math.SinCos(p * frequencies[i]);
                cos.Row(p)[i] = (float)(c * spec.Gain);
                sin.Row(p)[i] = (float)(s * spec.Gain);
            }
        return new RotaryAngles(cos, sin);
    }

    /// <summary>Radians per position of each pair, as Hugging Face's modeling_rope_utils computes them.</summary>
    public static double[] Frequencies(RopeConfig spec, int headDim)
    {
        var frequencies = new double[headDim / 2];
        var (first, last) = spec.Scaling == RopeScaling.Yarn ? YarnRamp(spec, headDim) : default;
        for (var i = 0; i < frequencies.Length; i++)
        {
            var plain = Math.Pow(spec.Theta, -2.0 * i / headDim);
            frequencies[i] = spec.Scaling switch
            {
                RopeScaling.Linear => plain / spec.Factor,
                RopeScaling.Llama3 => Llama3(plain, spec),
                RopeScaling.Yarn => plain * (1 + (Math.Clamp((i - first) / (last - first), 0, 1) * ((1 / spec.Factor) - 1))),
                _ => plain,
            };
        }
        return frequencies;
    }

    static double Llama3(double frequency, RopeConfig spec)
    {
        var turns = spec.OriginalContext * frequency / (2 * Math.PI);      // over the original context
        if (turns < spec.LowFrequencyFactor) return frequency / spec.Factor;
        if (turns > spec.HighFrequencyFactor) return frequency;
        var smooth = (turns - spec.LowFrequencyFactor) / (spec.HighFrequencyFactor - spec.LowFrequencyFactor);
        return ((1 - smooth) * frequency / spec.Factor) + (smooth * frequency);
    }

    // Pairs up to the first keep their frequency, from the last on they are divided.
    static (double First, double Last) YarnRamp(RopeConfig spec, int headDim)
    {
        double first = PairThatTurns(spec.BetaFast), last = PairThatTurns(spec.BetaSlow);
        if (spec.Truncate) (first, last) = (Math.Floor(first), Math.Ceiling(last));
        (first, last) = (Math.Max(first, 0), Math.Min(last, headDim - 1));
        return (first, last == first ? last + 0.001 : last);

        // i with context · θ^(−2i/d) = 2π · turns
        double PairThatTurns(double turns) =>
            headDim * Math.Log(spec.OriginalContext / (turns * 2 * Math.PI)) / (2 * Math.Log(spec.Theta));
    }
}

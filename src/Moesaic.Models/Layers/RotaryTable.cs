using Moesaic.Formats;
using Moesaic.Tensors;

namespace Moesaic.Models.Layers;

/// <summary>Cosines and sines of the rotary embedding per position, grown on demand.</summary>
/// <param name="spec">Base and scaling.</param>
/// <param name="headDim">Width of a head; even.</param>
public sealed class RotaryTable(RopeConfig spec, int headDim)
{
    readonly double[] frequencies = Frequencies(spec, headDim);

    /// <summary>[positions, headDim/2].</summary>
    public Tensor Cos { get; private set; } = new(0, headDim / 2);

    /// <summary>[positions, headDim/2].</summary>
    public Tensor Sin { get; private set; } = new(0, headDim / 2);

    /// <summary>Makes sure that positions below <paramref name="positions"/> are in the table.</summary>
    public void Ensure(int positions)
    {
        if (positions <= Cos.Rows) return;
        positions = Math.Max(positions, Math.Max(64, Cos.Rows * 2));
        var (cos, sin) = (new Tensor(positions, headDim / 2), new Tensor(positions, headDim / 2));
        for (var p = 0; p < positions; p++)
            for (var i = 0; i < frequencies.Length; i++)
            {
                var (s, c) = Math.SinCos(p * frequencies[i]);
                cos.Row(p)[i] = (float)c;
                sin.Row(p)[i] = (float)s;
            }
        Cos.Dispose();
        Sin.Dispose();
        (Cos, Sin) = (cos, sin);
    }

    /// <summary>Radians per position of each pair, as Hugging Face's modeling_rope_utils computes them.</summary>
    public static double[] Frequencies(RopeConfig spec, int headDim)
    {
        var frequencies = new double[headDim / 2];
        for (var i = 0; i < frequencies.Length; i++)
        {
            var plain = Math.Pow(spec.Theta, -2.0 * i / headDim);
            frequencies[i] = spec.Scaling switch
            {
                RopeScaling.Linear => plain / spec.Factor,
                RopeScaling.Llama3 => Llama3(plain, spec),
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
}

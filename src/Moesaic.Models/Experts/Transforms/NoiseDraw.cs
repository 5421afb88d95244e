namespace Moesaic.Models.Experts;

/// <summary>What numbers are drawn for: each use has its own.</summary>
public enum NoiseUse
{
    /// <summary>Normal noise on logits.</summary>
    Logits,

    /// <summary>Gumbel noise on logits.</summary>
    Gumbel,

    /// <summary>Jitter of the router's input.</summary>
    Jitter,

    /// <summary>Whether a second expert is kept.</summary>
    Second,

    /// <summary>Who comes first where places are given at random.</summary>
    Order,
}

/// <summary>
/// Where the noise of a training pass comes from: every token of every layer and step has numbers of its own, whatever the
/// number of threads and however a step is divided into passes.
/// </summary>
/// <param name="Seed">Of the run.</param>
/// <param name="Step">Optimiser step.</param>
/// <param name="FirstToken">Place of the pass's first token among the tokens of the step.</param>
public readonly record struct NoiseDraw(ulong Seed, long Step, long FirstToken)
{
    /// <summary>Independent normal numbers of mean 0 and deviation 1 (Box and Muller over SplitMix64).</summary>
    /// <param name="layer">Number of the layer.</param>
    /// <param name="token">Row of the pass.</param>
    /// <param name="normals">Filled.</param>
    public void Fill(int layer, int token, Span<float> normals)
    {
        var state = State(layer, token);
        for (var i = 0; i < normals.Length; i += 2)
        {
            var radius = Math.Sqrt(-2 * Math.Log(1 - SplitMix.Uniform(ref state)));
            var (sin, cos) = Math.SinCos(2 * Math.PI * SplitMix.Uniform(ref state));
            normals[i] = (float)(radius * cos);
            if (i + 1 < normals.Length) normals[i + 1] = (float)(radius * sin);
        }
    }

    /// <summary>Independent numbers, uniform in [0, 1).</summary>
    /// <param name="use">What for.</param>
    /// <param name="layer">Number of the layer.</param>
    /// <param name="token">Row of the pass.</param>
    /// <param name="numbers">Filled.</param>
    public void Uniform(NoiseUse use, int layer, int token, Span<double> numbers)
    {
        var state = SplitMix.Mix(State(layer, token) + ((ulong)use << 32));      // beside the streams of experts
        foreach (ref var number in numbers) number = SplitMix.Uniform(ref state);
    }

    /// <summary>One number, uniform in [0, 1).</summary>
    /// <param name="use">What for.</param>
    /// <param name="layer">Number of the layer.</param>
    /// <param name="token">Row of the pass.</param>
    public double Uniform(NoiseUse use, int layer, int token)
    {
        Span<double> one = stackalloc double[1];
        Uniform(use, layer, token, one);
        return one[0];
    }

    /// <summary>Where independent bits for one token in one expert begin.</summary>
    /// <param name="layer">Number of the layer.</param>
    /// <param name="token">Row of the pass.</param>
    /// <param name="expert">Number of the expert.</param>
    internal ulong Stream(int layer, int token, int expert) => SplitMix.Mix(State(layer, token) + (ulong)expert);

    /// <summary>The next 64 bits of a stream.</summary>
    internal static ulong Next(ref ulong stream) => SplitMix.Mix(stream += SplitMix.Gamma);

    ulong State(int layer, int token) => SplitMix.Mix(
        SplitMix.Mix(SplitMix.Mix(SplitMix.Mix(Seed + SplitMix.Gamma) + (ulong)Step) + (ulong)layer) + (ulong)(FirstToken + token));
}

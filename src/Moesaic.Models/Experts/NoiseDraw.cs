namespace Moesaic.Models.Experts;

/// <summary>
/// Where the noise of a training pass comes from: every token of every layer and step has numbers of its own, whatever the
/// number of threads and however a step is divided into passes.
/// </summary>
/// <param name="Seed">Of the run.</param>
/// <param name="Step">Optimiser step.</param>
/// <param name="FirstToken">Place of the pass's first token among the tokens of the step.</param>
public readonly record struct NoiseDraw(ulong Seed, long Step, long FirstToken)
{
    const ulong Gamma = 0x9E3779B97F4A7C15;

    /// <summary>Independent normal numbers of mean 0 and deviation 1 (Box and Muller over SplitMix64).</summary>
    /// <param name="layer">Number of the layer.</param>
    /// <param name="token">Row of the pass.</param>
    /// <param name="normals">Filled.</param>
    public void Fill(int layer, int token, Span<float> normals)
    {
        var state = Start(layer, token);
        for (var i = 0; i < normals.Length; i += 2)
        {
            var radius = Math.Sqrt(-2 * Math.Log(1 - Uniform(ref state)));
            var (sin, cos) = Math.SinCos(2 * Math.PI * Uniform(ref state));
            normals[i] = (float)(radius * cos);
            if (i + 1 < normals.Length) normals[i + 1] = (float)(radius * sin);
        }
    }

    /// <summary>Where independent bits for one token in one expert begin.</summary>
    /// <param name="layer">Number of the layer.</param>
    /// <param name="token">Row of the pass.</param>
    /// <param name="expert">Number of the expert.</param>
    internal ulong Stream(int layer, int token, int expert) => Mix(Start(layer, token) + (ulong)expert);

    /// <summary>The next 64 bits of a stream.</summary>
    internal static ulong Next(ref ulong stream) => Mix(stream += Gamma);

    // Uniform in [0, 1).
    static double Uniform(ref ulong state) => (Next(ref state) >> 11) * (1.0 / (1UL << 53));

    ulong Start(int layer, int token) => Mix(Mix(Mix(Mix(Seed + Gamma) + (ulong)Step) + (ulong)layer) + (ulong)(FirstToken + token));

    static ulong Mix(ulong z)
    {
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return z ^ z >> 31;
    }
}

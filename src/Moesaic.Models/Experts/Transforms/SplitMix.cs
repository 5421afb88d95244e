namespace Moesaic.Models.Experts;

/// <summary>SplitMix64 (Steele et al. 2014): mixes the bits of a counter.</summary>
static class SplitMix
{
    /// <summary>What the counter is stepped by.</summary>
    public const ulong Gamma = 0x9E3779B97F4A7C15;

    /// <summary>64 bits that look random.</summary>
    public static ulong Mix(ulong z)
    {
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return z ^ z >> 31;
    }

    /// <summary>Uniform in [0, 1).</summary>
    public static double Uniform(ref ulong state) => (Mix(state += Gamma) >> 11) * (1.0 / (1UL << 53));
}

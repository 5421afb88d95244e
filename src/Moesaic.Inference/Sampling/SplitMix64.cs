namespace Moesaic.Inference;

/// <summary>
/// Random numbers that are the same on every machine and runtime (Steele, Lea and Flood, "Fast splittable pseudorandom
/// number generators", 2014, figure 16).
/// </summary>
/// <param name="seed">Any number.</param>
struct SplitMix64(ulong seed)
{
    ulong state = seed;

    /// <summary>A number in [0, 1): the upper 53 of 64 bits.</summary>
    public double NextDouble()
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return ((z ^ z >> 31) >> 11) * (1.0 / (1L << 53));
    }
}

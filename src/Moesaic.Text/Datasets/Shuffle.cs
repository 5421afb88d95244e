namespace Moesaic.Text.Datasets;

/// <summary>
/// Permutations that are the same on every machine and runtime: Fisher-Yates driven by SplitMix64 (Steele, Lea and Flood,
/// "Fast splittable pseudorandom number generators", 2014).
/// </summary>
public static class Shuffle
{
    const ulong Gamma = 0x9E3779B97F4A7C15;

    /// <summary>An order of 0 .. count - 1 that belongs to the seed and the epoch.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">Any number.</param>
    /// <param name="epoch">A second number: which of the seed's orders.</param>
    public static int[] Order(int count, ulong seed, long epoch)
    {
        var state = Mix(Mix(seed + Gamma) + (ulong)epoch);
        var order = new int[count];
        for (var i = 0; i < count; i++) order[i] = i;
        for (var i = count - 1; i > 0; i--)
        {
            state += Gamma;
            // The high word of a 64 x 64 bit product: uniform up to a bias below count / 2^64.
            var other = (int)Math.BigMul(Mix(state), (ulong)(i + 1), out _);
            (order[i], order[other]) = (order[other], order[i]);
        }
        return order;
    }

    /// <summary>A seed for one of several things that are drawn independently.</summary>
    /// <param name="seed">The seed of all.</param>
    /// <param name="index">Which of them.</param>
    public static ulong Derive(ulong seed, int index) => Mix(Mix(seed + Gamma) ^ Mix((ulong)index * Gamma + 1));

    static ulong Mix(ulong z)
    {
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return z ^ z >> 31;
    }
}

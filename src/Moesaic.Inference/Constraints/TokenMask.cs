using System.Numerics;

namespace Moesaic.Inference;

/// <summary>Sets of tokens as bits: token t is bit t mod 32 of word t / 32.</summary>
static class TokenMask
{
    public static int Words(int vocabularySize) => (vocabularySize + 31) / 32;

    public static bool Has(ReadOnlySpan<uint> mask, int token) =>
        (uint)token / 32 < (uint)mask.Length && (mask[token >> 5] >> (token & 31) & 1) != 0;

    public static void Add(Span<uint> mask, int token) => mask[token >> 5] |= 1u << (token & 31);

    /// <summary>The tokens, ascending.</summary>
    public static int[] Ids(ReadOnlySpan<uint> mask)
    {
        var ids = new List<int>();
        for (var word = 0; word < mask.Length; word++)
            for (var rest = mask[word]; rest != 0; rest &= rest - 1) ids.Add((word << 5) + BitOperations.TrailingZeroCount(rest));
        return [.. ids];
    }

    /// <summary>Makes the scores of all other tokens −∞.</summary>
    public static void Apply(ReadOnlySpan<uint> mask, Span<float> scores)
    {
        for (var word = 0; word < mask.Length; word++)
        {
            var part = scores[(word * 32)..Math.Min(scores.Length, (word + 1) * 32)];
            if (mask[word] == 0) part.Fill(float.NegativeInfinity);
            else if (mask[word] != uint.MaxValue)
                for (var forbidden = ~mask[word]; forbidden != 0; forbidden &= forbidden - 1)
                {
                    var at = BitOperations.TrailingZeroCount(forbidden);
                    if (at >= part.Length) break;
                    part[at] = float.NegativeInfinity;
                }
        }
    }
}

using System.Numerics;
using System.Runtime.InteropServices;

namespace Moesaic.Models.Experts;

/// <summary>Which experts each token got at one router, as bits: to be compared with what the router chooses at another time.</summary>
/// <param name="experts">E.</param>
public sealed class RoutingChoices(int experts)
{
    readonly int words = (experts + 63) / 64;
    readonly List<ulong> sets = [];

    /// <summary>Tokens kept.</summary>
    public int Tokens => sets.Count / words;

    /// <summary>Adds the experts of a token.</summary>
    /// <param name="chosen">Expert numbers.</param>
    internal void Add(ReadOnlySpan<int> chosen)
    {
        for (var w = 0; w < words; w++) sets.Add(0);
        var set = CollectionsMarshal.AsSpan(sets)[^words..];
        foreach (var e in chosen) set[e / 64] |= 1UL << (e % 64);
    }

    /// <summary>The part of the other's choices that this router makes as well; 0 when the other makes none.</summary>
    /// <param name="other">Of the same tokens.</param>
    /// <exception cref="ArgumentException">Other tokens or experts.</exception>
    public double ShareOf(RoutingChoices other)
    {
        if (other.words != words || other.sets.Count != sets.Count) throw new ArgumentException("choices of other tokens or experts", nameof(other));
        long both = 0, all = 0;
        for (var i = 0; i < sets.Count; i++)
        {
            both += BitOperations.PopCount(sets[i] & other.sets[i]);
            all += BitOperations.PopCount(other.sets[i]);
        }
        return all == 0 ? 0 : (double)both / all;
    }

    /// <summary>All sets, a token after the other, as they are kept in a file.</summary>
    public ReadOnlySpan<byte> Bytes => MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(sets));

    /// <summary>Other choices of the same tokens.</summary>
    /// <param name="bytes">Their <see cref="Bytes"/>, as written on this machine or one of the same byte order.</param>
    /// <exception cref="ArgumentException">They are of more or fewer tokens.</exception>
    public RoutingChoices Same(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Bytes.Length) throw new ArgumentException("choices of more or fewer tokens", nameof(bytes));
        var choices = new RoutingChoices(experts);
        choices.sets.AddRange(MemoryMarshal.Cast<byte, ulong>(bytes));
        return choices;
    }
}

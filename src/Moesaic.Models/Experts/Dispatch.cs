using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>
/// How rows move: token slots sorted by expert, so that everything after is a grouped product over contiguous rows. No
/// padding. Lives until the pass ends.
/// </summary>
/// <param name="Offsets">E+1 row numbers (or longer): expert e has rows Offsets[e]..Offsets[e+1].</param>
/// <param name="Tokens">R token numbers, one per row, rising within an expert.</param>
/// <param name="Slots">T·K row numbers: where the j-th choice of token t went; −1 for an empty place.</param>
public readonly record struct Dispatch(int[] Offsets, ReadOnlyMemory<int> Tokens, ReadOnlyMemory<int> Slots)
{
    /// <summary>Sorts token slots by expert with a stable counting sort; empty places have no row.</summary>
    /// <param name="workspace">Lends the arrays.</param>
    /// <param name="chosen">T·K expert numbers, −1 for an empty place.</param>
    /// <param name="perToken">K.</param>
    /// <param name="experts">E.</param>
    public static Dispatch Sort(Workspace workspace, ReadOnlySpan<int> chosen, int perToken, int experts)
    {
        int[] offsets = workspace.RentIndices(experts + 1), tokens = workspace.RentIndices(chosen.Length),
            slots = workspace.RentIndices(chosen.Length), next = workspace.RentIndices(experts + 1);
        // Expert e counts in place e + 1, empty places in place 0.
        Array.Clear(next, 0, experts + 1);
        foreach (var e in chosen) next[e + 1]++;
        offsets[0] = 0;
        for (var e = 0; e < experts; e++)
        {
            offsets[e + 1] = offsets[e] + next[e + 1];
            next[e + 1] = offsets[e];
        }
        for (var slot = 0; slot < chosen.Length; slot++)
        {
            if (chosen[slot] < 0)
            {
                slots[slot] = -1;
                continue;
            }
            var row = next[chosen[slot] + 1]++;
            tokens[row] = slot / perToken;
            slots[slot] = row;
        }
        return new Dispatch(offsets, tokens.AsMemory(0, offsets[experts]), slots.AsMemory(0, chosen.Length));
    }
}

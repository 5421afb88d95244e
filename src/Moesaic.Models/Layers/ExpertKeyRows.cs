using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Models.Layers;

/// <summary>Whose keys and values each expert computes in a pass: its tokens', and where it is kept the first one's.</summary>
/// <param name="Offsets">E+1 row numbers (or longer).</param>
/// <param name="Tokens">Token numbers, one per row, rising within an expert.</param>
readonly record struct ExpertKeyRows(int[] Offsets, ReadOnlyMemory<int> Tokens)
{
    /// <summary>Adds the first tokens to a dispatch.</summary>
    public static ExpertKeyRows Of(Workspace workspace, in Dispatch dispatch, int experts, bool keepFirst, PassInput input)
    {
        var segments = input.Segments.Span;
        for (var s = 0; s < segments.Length; s++)
        {
            if (input.Cache is null && (segments[s].KeyStart != segments[s].QueryStart || segments[s].KeyCount != segments[s].QueryCount))
                throw new ArgumentException($"{segments[s]}: attention experts need keys of the same rows", nameof(input));
            if (s > 0 && segments[s].QueryStart < segments[s - 1].QueryStart + segments[s - 1].QueryCount)
                throw new ArgumentException("attention experts need segments in the order of their rows", nameof(input));
        }
        if (!keepFirst) return new ExpertKeyRows(dispatch.Offsets, dispatch.Tokens);

        var routed = dispatch.Tokens.Span;
        int[] offsets = workspace.RentIndices(experts + 1), tokens = workspace.RentIndices(routed.Length + (experts * segments.Length));
        var count = 0;
        for (var e = 0; e < experts; e++)
        {
            offsets[e] = count;
            var row = dispatch.Offsets[e];
            foreach (var segment in segments)
            {
                // In a pass over a cache, a sequence's first token may have come before.
                if (segment.KeyCount != segment.QueryCount) continue;
                while (row < dispatch.Offsets[e + 1] && routed[row] < segment.QueryStart) tokens[count++] = routed[row++];
                if (row == dispatch.Offsets[e + 1] || routed[row] != segment.QueryStart) tokens[count++] = segment.QueryStart;
            }
            while (row < dispatch.Offsets[e + 1]) tokens[count++] = routed[row++];
        }
        offsets[experts] = count;
        return new ExpertKeyRows(offsets, tokens.AsMemory(0, count));
    }
}

using Moesaic.Kernels;
using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Models.Layers;

/// <summary>The segments of a pass, taken apart by expert: rows of queries are those of a <see cref="Dispatch"/>.</summary>
static class ExpertSegments
{
    const int Tile = AttentionPages.Tokens;

    /// <summary>
    /// Over the keys that the experts computed in this pass: a segment per expert and sequence. Tiles are cut where pages
    /// would end, so that the bits are those of decoding.
    /// </summary>
    public static (ReadOnlyMemory<AttentionSegment> Segments, ReadOnlyMemory<int> Tiles) Packed(
        Workspace workspace, in Dispatch dispatch, in ExpertKeyRows keys, int experts, PassInput input)
    {
        ReadOnlySpan<int> queryTokens = dispatch.Tokens.Span, keyTokens = keys.Tokens.Span;
        var mostTiles = 0;
        foreach (var segment in input.Segments.Span) mostTiles += (segment.QueryCount + Tile - 1) / Tile;
        var segments = workspace.RentSegments(experts * input.Segments.Length);
        var tiles = workspace.RentIndices(experts * mostTiles);
        int count = 0, tile = 0;
        for (var e = 0; e < experts; e++)
        {
            int query = dispatch.Offsets[e], key = keys.Offsets[e];
            foreach (var segment in input.Segments.Span)
            {
                var end = segment.QueryStart + segment.QueryCount;
                Skip(queryTokens, ref query, dispatch.Offsets[e + 1], segment.QueryStart);
                Skip(keyTokens, ref key, keys.Offsets[e + 1], segment.QueryStart);
                var (firstQuery, firstKey, firstTile) = (query, key, tile);
                Skip(queryTokens, ref query, dispatch.Offsets[e + 1], end);
                for (var start = segment.QueryStart; start < end; start += Tile)
                {
                    var before = key;
                    Skip(keyTokens, ref key, keys.Offsets[e + 1], Math.Min(end, start + Tile));
                    tiles[tile++] = key - before;
                }
                if (query > firstQuery)
                    segments[count++] = new AttentionSegment(firstQuery, query - firstQuery, firstKey, key - firstKey) { FirstTile = firstTile };
            }
        }
        return (segments.AsMemory(0, count), tiles.AsMemory(0, tile));
    }

    /// <summary>
    /// Over pages that hold all tokens: a segment for each run of neighbours that chose the same expert, since every query
    /// of a segment sees one key more than the one before.
    /// </summary>
    public static ReadOnlyMemory<AttentionSegment> Runs(Workspace workspace, in Dispatch dispatch, int experts, PassInput input)
    {
        var tokens = dispatch.Tokens.Span;
        var segments = workspace.RentSegments(tokens.Length);
        var count = 0;
        for (var e = 0; e < experts; e++)
        {
            var row = dispatch.Offsets[e];
            foreach (var segment in input.Segments.Span)
            {
                var end = segment.QueryStart + segment.QueryCount;
                Skip(tokens, ref row, dispatch.Offsets[e + 1], segment.QueryStart);
                while (row < dispatch.Offsets[e + 1] && tokens[row] < end)
                {
                    var first = row++;
                    while (row < dispatch.Offsets[e + 1] && tokens[row] < end && tokens[row] == tokens[row - 1] + 1) row++;
                    segments[count++] = new AttentionSegment(first, row - first, segment.KeyStart,
                        segment.KeyCount - (end - 1 - tokens[row - 1])) { FirstKeyHead = e };
                }
            }
        }
        return segments.AsMemory(0, count);
    }

    /// <summary>The segments of a pass once for each copy of its tokens, copy after copy, over the same keys.</summary>
    public static ReadOnlyMemory<AttentionSegment> Copies(Workspace workspace, int copies, int tokens, PassInput input)
    {
        var count = input.Segments.Length;
        var segments = workspace.RentSegments(copies * count);
        for (var copy = 0; copy < copies; copy++)
            for (var s = 0; s < count; s++)
            {
                var segment = input.Segments.Span[s];
                segments[(copy * count) + s] = segment with { QueryStart = segment.QueryStart + (copy * tokens) };
            }
        return segments.AsMemory(0, copies * count);
    }

    /// <summary>Moves to the first row whose token is at least <paramref name="token"/>.</summary>
    internal static void Skip(ReadOnlySpan<int> tokens, ref int row, int end, int token)
    {
        while (row < end && tokens[row] < token) row++;
    }
}

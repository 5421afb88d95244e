using System.Numerics;
using Moesaic.Kernels;
using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Models.Layers;

/// <summary>
/// Keys and values of routed tokens in the ordinary pages. In a page each expert's keys stand together in the first places of
/// its head, and a mask per head says of which of the page's tokens they are; so a page is complete in itself, can be shared,
/// copied and cut short like any other, and attention visits routed tokens alone. It takes as many bytes as all tokens would.
/// </summary>
static class RoutedPages
{
    const int Tile = AttentionPages.Tokens;

    /// <summary>Stores a pass's keys and values.</summary>
    /// <param name="cache">The pages.</param>
    /// <param name="layer">Number of the layer.</param>
    /// <param name="rows">Whose they are.</param>
    /// <param name="experts">E.</param>
    /// <param name="input">Where the tokens' places are.</param>
    /// <param name="keys">[rows, headDim].</param>
    /// <param name="values">[rows, headDim].</param>
    public static void Write(PagedCache cache, int layer, in ExpertKeyRows rows, int experts, PassInput input, Tensor keys, Tensor values)
    {
        ref readonly var pages = ref cache.Layer(layer);
        var places = input.CacheRows.Span;
        var tokens = rows.Tokens.Span;
        for (var e = 0; e < experts; e++)
        {
            var row = rows.Offsets[e];
            for (var t = 0; t < places.Length; t++)
            {
                int page = places[t] / Tile, place = places[t] % Tile;
                ref var mask = ref cache.Masks(layer, page)[e];
                // Whatever stood behind belongs to tokens that were taken back, or to another sequence before.
                mask &= (1u << place) - 1;
                if (row == rows.Offsets[e + 1] || tokens[row] != t) continue;
                pages.WriteHead((page * Tile) + BitOperations.PopCount(mask), e, keys.Row(row), values.Row(row));
                mask |= 1u << place;
                row++;
            }
        }
    }

    /// <summary>The queries of a pass over what is stored: a segment per expert and sequence.</summary>
    public static (ReadOnlyMemory<AttentionSegment> Segments, ReadOnlyMemory<int> Tiles) Segments(
        Workspace workspace, PagedCache cache, int layer, in Dispatch dispatch, int experts, PassInput input)
    {
        ReadOnlySpan<int> tokens = dispatch.Tokens.Span, table = input.PageTable.Span;
        var mostTiles = 0;
        foreach (var segment in input.Segments.Span) mostTiles += (segment.KeyCount + Tile - 1) / Tile;
        var segments = workspace.RentSegments(experts * input.Segments.Length);
        // Not less than the whole cache has: sequences grow, and a step must not allocate.
        var tiles = workspace.RentIndices(experts * Math.Max(mostTiles, cache.Pages));
        int count = 0, tile = 0;
        for (var e = 0; e < experts; e++)
        {
            var row = dispatch.Offsets[e];
            foreach (var segment in input.Segments.Span)
            {
                ExpertSegments.Skip(tokens, ref row, dispatch.Offsets[e + 1], segment.QueryStart);
                var (first, firstTile, keys) = (row, tile, 0);
                ExpertSegments.Skip(tokens, ref row, dispatch.Offsets[e + 1], segment.QueryStart + segment.QueryCount);
                if (row == first) continue;
                // Nobody chose the expert after the last query: all that is stored is what that one sees.
                foreach (var page in table.Slice(segment.KeyStart, (segment.KeyCount + Tile - 1) / Tile))
                    keys += tiles[tile++] = BitOperations.PopCount(cache.Masks(layer, page)[e]);
                segments[count++] = new AttentionSegment(first, row - first, segment.KeyStart, keys) { FirstTile = firstTile, FirstKeyHead = e };
            }
        }
        return (segments.AsMemory(0, count), tiles.AsMemory(0, tile));
    }
}

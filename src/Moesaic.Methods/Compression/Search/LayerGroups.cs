using System.Globalization;
using Moesaic.Formats;
using Moesaic.Models;

namespace Moesaic.Methods.Compression.Search;

/// <summary>Which mixture layers share a map (EEP groups layers by depth).</summary>
public static class LayerGroups
{
    /// <summary>Groups of neighbours of nearly equal size.</summary>
    /// <param name="spec">The model.</param>
    /// <param name="count">How many; no more than mixture layers.</param>
    public static int[][] ByDepth(ModelSpec spec, int count)
    {
        int[] layers = [.. spec.MixtureLayers];
        count = Math.Min(count, layers.Length);
        return [.. Enumerable.Range(0, count).Select(g => layers[(g * layers.Length / count)..((g + 1) * layers.Length / count)])];
    }

    /// <summary>Groups as written: "3" or "0-7".</summary>
    /// <param name="spec">The model.</param>
    /// <param name="ranges">One range for each group.</param>
    /// <exception cref="BadRequestException">A range names no mixture layer, or a mixture layer is in none or in two.</exception>
    public static int[][] Of(ModelSpec spec, IReadOnlyList<string> ranges)
    {
        int[] layers = [.. spec.MixtureLayers];
        var groups = ranges.Select(range =>
        {
            var ends = range.Split('-');
            if (ends.Length > 2 || !int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last) || last < first)
                throw new BadRequestException($"'{range}' is no group of layers; write a layer's number or a range, such as 0-7");
            int[] group = [.. layers.Where(l => l >= first && l <= last)];
            return group.Length > 0 ? group
                : throw new BadRequestException($"The group of layers {range} has no layer with experts; those are {string.Join(", ", layers)}.");
        }).ToArray();
        if (groups.SelectMany(g => g).GroupBy(l => l).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new BadRequestException($"Layer {twice.Key} is in two groups of layers.");
        int[] left = [.. layers.Except(groups.SelectMany(g => g))];
        return left.Length == 0 ? groups
            : throw new BadRequestException($"Layers {string.Join(", ", left)} have experts and are in no group; a layer that no group names would share a map with all others like it, which is never meant.");
    }
}

using System.Globalization;
using Moesaic.Formats;
using Moesaic.Methods.Compression.Plans;

namespace Moesaic.Methods.Compression.Allocation;

/// <summary>How many experts each layer keeps.</summary>
public static class ExpertCounts
{
    // So that 0.29 of 100 is 29 in float64 too.
    const double Slack = 1e-9;

    /// <summary>Of n, the n · ratio that go, rounded down.</summary>
    /// <param name="experts">n.</param>
    /// <param name="ratio">The part that goes (not the part that stays), 0 to 1.</param>
    public static int Removed(int experts, double ratio) => ratio is >= 0 and <= 1 ? (int)Math.Floor((experts * ratio) + Slack)
        : throw new BadRequestException($"A ratio of {Text(ratio)} is none: it is the part of the experts that goes, 0 to 1.");

    /// <summary>The same part of every layer goes; of groups, the same number of each.</summary>
    /// <param name="layers">The rankings.</param>
    /// <param name="ratio">The part that goes.</param>
    /// <exception cref="BadRequestException">A router cannot do with so few.</exception>
    public static int[] PerLayer(IReadOnlyList<LayerRanking> layers, double ratio) =>
        [.. layers.Select(layer => Checked(layer, layer.Experts - (Removed(layer.Experts / layer.Groups, ratio) * layer.Groups)))];

    /// <summary>Every layer keeps so many.</summary>
    /// <param name="layers">The rankings.</param>
    /// <param name="keep">Experts that stay of each layer.</param>
    /// <exception cref="BadRequestException">A layer has fewer, its router cannot do with so few, or its groups would be uneven.</exception>
    public static int[] Keeping(IReadOnlyList<LayerRanking> layers, int keep) => [.. layers.Select(layer =>
        keep > layer.Experts ? throw new BadRequestException($"Layer {layer.Layer} has {layer.Experts} experts and cannot keep {keep}.")
        : keep % layer.Groups != 0 ? throw new BadRequestException($"Layer {layer.Layer} has its experts in {layer.Groups} groups, which must stay equally large; keep a multiple of {layer.Groups}.")
        : Checked(layer, keep))];

    /// <summary>
    /// Of all experts together the worst go (Expert Drop of Unified-MoE-Compression, He et al. 2024; SEER-MoE, Muzio et al. 2024), but no layer falls below its floor, and one
    /// above its ceiling goes down to it first. Of groups, the worst of each go together, by their mean score.
    /// </summary>
    /// <param name="layers">The rankings; their scores compare.</param>
    /// <param name="removed">Experts that go, of all together.</param>
    /// <exception cref="BadRequestException">The floors do not let so many go.</exception>
    public static int[] Global(IReadOnlyList<LayerRanking> layers, int removed)
    {
        int[] counts = [.. layers.Select(l => l.Experts)];
        var left = removed;
        var bundles = layers.Select(Bundles).ToArray();
        var next = new int[layers.Count];
        for (var l = 0; l < layers.Count; l++)
            while (counts[l] > layers[l].Ceiling && next[l] < bundles[l].Length) Take(l);
        if (left < 0)
            throw new BadRequestException($"The ceiling alone takes {layers.Sum(l => l.Experts) - counts.Sum()} experts, more than the {removed} that are to go; raise it, or the ratio.");
        var queue = new PriorityQueue<int, (double Score, int Layer)>();
        for (var l = 0; l < layers.Count; l++) Offer(l);
        while (left > 0 && queue.TryDequeue(out var layer, out _))
        {
            if (layers[layer].Groups > left) continue;      // less than a group's worth is left
            Take(layer);
            Offer(layer);
        }
        if (left > 0 && layers.All(l => l.Groups == 1))
            throw new BadRequestException($"{removed} experts are to go; the routers and what is protected need all but {removed - left} of {layers.Sum(l => l.Experts)}. Ask for a smaller ratio.");
        return counts;

        void Take(int l)
        {
            next[l]++;
            counts[l] -= layers[l].Groups;
            left -= layers[l].Groups;
        }

        void Offer(int l)
        {
            if (next[l] < bundles[l].Length) queue.Enqueue(l, (bundles[l][next[l]], l));
        }
    }

    // Mean scores of what can go of a layer, one of each group at a time, the worst first.
    static double[] Bundles(LayerRanking layer)
    {
        var keep = Math.Max(layer.Floor, layer.Groups * layer.Protected.GroupBy(layer.GroupOf).Select(g => g.Count()).DefaultIfEmpty(0).Max());
        double[][] worst = [.. layer.Ranking.GroupBy(layer.GroupOf).Select(group => group.Reverse().Select(e => layer.Scores[e]).ToArray())];
        return [.. Enumerable.Range(0, (layer.Experts - keep) / layer.Groups).Select(i => worst.Average(group => group[i]))];
    }

    static int Checked(LayerRanking layer, int count)
    {
        if (count > layer.Ceiling) throw new BadRequestException($"Layer {layer.Layer} would keep {count} experts, more than the ceiling of {layer.Ceiling}.");
        var few = layer.Protected.GroupBy(layer.GroupOf).FirstOrDefault(g => g.Count() > count / layer.Groups);
        if (few is not null)
            throw new BadRequestException($"Layer {layer.Layer} would keep {count} of {layer.Experts} experts, of which more are protected; keep more, or protect less.");
        return count >= layer.Floor ? count
            : throw new BadRequestException($"Layer {layer.Layer} would keep {count} of {layer.Experts} experts, and its router needs {layer.Floor}. Take a ratio of at most "
                + $"{Text(1 - (layer.Floor / (double)layer.Experts))}, preserve the router's rows, or lower the number of experts per token first.");
    }

    static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}

using Moesaic.Formats;

namespace Moesaic.Methods.Compression.Allocation;

/// <summary>One layer of an allocation.</summary>
/// <param name="Experts">E.</param>
/// <param name="Least">The fewest that must stay.</param>
/// <param name="Step">Experts go in multiples of this: one of every group.</param>
/// <param name="Importance">How much the layer's output changes without its experts; 0 or more.</param>
public readonly record struct LayerShare(int Experts, int Least, int Step, double Importance);

/// <summary>
/// How many experts each layer loses, inversely to its importance Iₗ = Σⱼ Iₗⱼ (MoE-I², Yang et al. 2024, section 3.1): nₗ ∝ 1/Iₗ, at most what the
/// layer can lose, the rest shared among the others, rounded by largest remainders.
/// </summary>
public static class ImportanceCounts
{
    /// <summary>Shares out a number of removals.</summary>
    /// <param name="layers">The layers.</param>
    /// <param name="removed">Experts to remove from all layers together; a multiple of every step.</param>
    /// <returns>Experts that each layer loses; their sum is <paramref name="removed"/>.</returns>
    /// <exception cref="BadRequestException">So many cannot go.</exception>
    public static int[] Share(IReadOnlyList<LayerShare> layers, int removed)
    {
        int[] most = [.. layers.Select(l => (l.Experts - l.Least) / l.Step * l.Step)];
        if (removed < 0 || removed > most.Sum())
            throw new BadRequestException($"{removed} experts cannot go: at most {most.Sum()} of the {layers.Sum(l => l.Experts)} can, so that every token still finds as many as it chooses; lower the ratio");
        var exact = Fill(layers, most, removed);
        int[] counts = [.. layers.Select((l, i) => Math.Min(most[i], (int)Math.Floor((exact[i] + 1e-9) / l.Step) * l.Step))];
        for (var rest = removed - counts.Sum(); rest > 0; rest = removed - counts.Sum())
        {
            var next = Enumerable.Range(0, layers.Count).Where(l => counts[l] + layers[l].Step <= most[l] && layers[l].Step <= rest)
                .OrderByDescending(l => (exact[l] - counts[l]) / layers[l].Step).ThenBy(l => l).Cast<int?>().FirstOrDefault()
                ?? throw new BadRequestException($"{removed} experts cannot go in whole groups; {rest} are left over: take another ratio");
            counts[next] += layers[next].Step;
        }
        return counts;
    }

    // Real shares with a ceiling each: a layer that reaches its own leaves the rest to the others.
    static double[] Fill(IReadOnlyList<LayerShare> layers, int[] most, int removed)
    {
        var smallest = layers.Max(l => l.Importance) * 1e-9;
        double[] weights = [.. layers.Select(l => 1 / Math.Max(Math.Max(l.Importance, smallest), double.Epsilon * 1e16))];
        var exact = new double[layers.Count];
        var open = Enumerable.Range(0, layers.Count).ToList();
        double left = removed;
        while (open.Count > 0)
        {
            var sum = open.Sum(l => weights[l]);
            int[] full = [.. open.Where(l => left * weights[l] / sum >= most[l])];
            if (full.Length == 0)
            {
                foreach (var l in open) exact[l] = left * weights[l] / sum;
                break;
            }
            foreach (var l in full) left -= exact[l] = most[l];
            open.RemoveAll(full.Contains);
        }
        return exact;
    }
}

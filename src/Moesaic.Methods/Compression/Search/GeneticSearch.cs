namespace Moesaic.Methods.Compression.Search;

/// <summary>Numbers of the genetic search; defaults are those of MoE-I² where published, else of its re-implementation.</summary>
public sealed record GeneticOptions
{
    /// <summary>Choices that live at a time.</summary>
    public int Population { get; init; } = 100;

    /// <summary>How often the population is renewed.</summary>
    public int Generations { get; init; } = 50;

    /// <summary>Part of the population that lives on and has children.</summary>
    public double Parents { get; init; } = 0.2;

    /// <summary>Probability that a child swaps an expert.</summary>
    public double Mutation { get; init; } = 0.3;
}

/// <summary>
/// Genetic search among choices of a fixed number of experts (MoE-I², Yang et al. 2024, section 3.1): a child drops experts that one of its parents
/// drops, and may swap one. No choice is judged twice.
/// </summary>
public static class GeneticSearch
{
    /// <summary>Finds good choices.</summary>
    /// <param name="space">The choices.</param>
    /// <param name="errors">The objective.</param>
    /// <param name="options">Numbers of the search.</param>
    /// <param name="seed">Of all that is drawn: the result depends on nothing else.</param>
    /// <param name="best">How many to return; fewer when there are no more. Default 1.</param>
    /// <param name="start">Choices that the first population holds beside random ones. Default: none.</param>
    /// <param name="progress">Is told how many generations are done, or null.</param>
    /// <param name="cancellation">Stops between generations.</param>
    /// <returns>The best of all that were judged, best first.</returns>
    public static IReadOnlyList<Choice> Run(KeptExperts space, ChoiceErrors errors, GeneticOptions options, int seed, int best = 1,
        IReadOnlyList<int[]>? start = null, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        var random = new Random(seed);
        var judged = new Dictionary<string, Choice>(StringComparer.Ordinal);
        var size = (int)Math.Min(options.Population, space.Count);
        List<int[]> next = [.. (start ?? []).Take(size)];
        var names = next.Select(Name).ToHashSet(StringComparer.Ordinal);
        while (next.Count < size) Join(space.Draw(random));
        var population = Judge(next);
        for (var generation = 0; generation < options.Generations; generation++)
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Invoke(generation);
            if (size == space.Count) break;     // all of them are judged
            Choice[] parents = [.. population.Take(Math.Max(2, (int)Math.Round(size * options.Parents)))];
            next = [.. parents.Select(p => p.Kept)];
            names = next.Select(Name).ToHashSet(StringComparer.Ordinal);
            while (next.Count < size)
            {
                var child = space.Cross(parents[random.Next(parents.Length)].Kept, parents[random.Next(parents.Length)].Kept, random);
                if (random.NextDouble() < options.Mutation) child = space.Swap(child, random);
                Join(child);
            }
            population = Judge(next);
        }
        progress?.Invoke(options.Generations);
        return [.. judged.Values.Order(Choice.Order).Take(best)];

        // A population without twins: one more swap makes another choice of a known one.
        void Join(int[] choice)
        {
            while (!names.Add(Name(choice))) choice = space.Swap(choice, random);
            next.Add(choice);
        }

        List<Choice> Judge(List<int[]> choices)
        {
            int[][] unknown = [.. choices.Where(c => !judged.ContainsKey(Name(c)))];
            foreach (var (choice, error) in unknown.Zip(errors(unknown))) judged[Name(choice)] = new Choice(choice, error);
            return [.. choices.Select(c => judged[Name(c)]).Order(Choice.Order)];
        }
    }

    static string Name(int[] choice) => string.Create(choice.Length, choice, (name, of) =>
    {
        for (var i = 0; i < of.Length; i++) name[i] = (char)of[i];
    });
}

using Moesaic.Formats;

namespace Moesaic.Methods.Compression.Search;

/// <summary>All choices, judged one by one: the certain optimum where there are few (NAEE, Lu et al. 2024, section 3.2).</summary>
public static class ExhaustiveSearch
{
    // So many are judged together that the objective can share what it reads.
    const int Together = 512;

    /// <summary>Finds the best choices.</summary>
    /// <param name="space">The choices.</param>
    /// <param name="errors">The objective.</param>
    /// <param name="limit">Most choices that are judged. Default 20,000: half of 16 experts.</param>
    /// <param name="best">How many to return. Default 1.</param>
    /// <param name="where">For the message.</param>
    /// <param name="progress">Is told how many choices are judged, or null.</param>
    /// <param name="cancellation">Stops between groups of choices.</param>
    /// <returns>Best first.</returns>
    /// <exception cref="BadRequestException">There are more choices than the limit.</exception>
    public static IReadOnlyList<Choice> Run(KeptExperts space, ChoiceErrors errors, long limit = 20_000, int best = 1, string where = "layer",
        Action<long>? progress = null, CancellationToken cancellation = default)
    {
        Check(space, limit, where);
        var kept = new List<Choice>();
        long done = 0;
        foreach (var chunk in space.All().Chunk(Together))
        {
            cancellation.ThrowIfCancellationRequested();
            var values = errors(chunk);
            kept.AddRange(chunk.Select((choice, c) => new Choice(choice, values[c])));
            kept.Sort(Choice.Order);
            if (kept.Count > best) kept.RemoveRange(best, kept.Count - best);
            progress?.Invoke(done += chunk.Length);
        }
        return kept;
    }

    /// <summary>Refuses a space that is too large, before anything is calibrated.</summary>
    /// <exception cref="BadRequestException">There are more choices than the limit.</exception>
    public static void Check(KeptExperts space, long limit, string where)
    {
        if (space.Count > limit)
            throw new BadRequestException($"{where}: {space.Kept} of {space.Experts} experts can be chosen in {(space.Count == long.MaxValue ? "more than 2⁶³" : space.Count.ToString("N0", System.Globalization.CultureInfo.InvariantCulture))} ways, and all of them would be judged; the limit is {limit.ToString("N0", System.Globalization.CultureInfo.InvariantCulture)}. Take method: moe_i2, whose genetic search judges some thousands, or raise the limit.");
    }
}

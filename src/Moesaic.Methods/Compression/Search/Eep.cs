namespace Moesaic.Methods.Compression.Search;

/// <summary>One map for each group of layers, and how good the model is with them.</summary>
/// <param name="Maps">By group.</param>
/// <param name="Fitness">More is better.</param>
public sealed record EepCandidate(IReadOnlyList<ExpertMap> Maps, double Fitness);

/// <summary>
/// "Efficient Expert Pruning" (Liu et al. 2024): evolution without gradients on what is measured of the whole model, first among choices of experts, then
/// among maps near the best choices, which merge. What is drawn depends on the seed and on what was measured alone, so a search that was
/// stopped is repeated from its measurements.
/// </summary>
/// <param name="spaces">Per group of layers the choices.</param>
/// <param name="options">Numbers of the evolution.</param>
/// <param name="seed">Of all that is drawn.</param>
public sealed class Eep(IReadOnlyList<KeptExperts> spaces, EepOptions options, ulong seed)
{
    readonly List<EepCandidate> measured = [];
    readonly HashSet<string> names = new(StringComparer.Ordinal);

    /// <summary>Searches.</summary>
    /// <param name="fitness">Measures maps; more is better. Tolerances of the options are in its unit.</param>
    /// <param name="known">What an earlier run measured, in order.</param>
    /// <param name="note">Is told each fitness that is measured now, and how many there are.</param>
    /// <param name="cancellation">Stops between evaluations.</param>
    /// <returns>All that was measured, best first.</returns>
    public IReadOnlyList<EepCandidate> Run(Func<IReadOnlyList<ExpertMap>, double> fitness, IReadOnlyList<double>? known = null,
        Action<double, int>? note = null, CancellationToken cancellation = default)
    {
        for (var i = 0; i < options.Pruning + options.Merging; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var random = new Random(unchecked((int)((seed + (ulong)i) * 0x9E3779B97F4A7C15 >> 33)));
            if (Next(i, random) is not { } maps) continue;      // every choice is known
            var value = known is not null && measured.Count < known.Count ? known[measured.Count] : fitness(maps);
            if (known is null || measured.Count >= known.Count) note?.Invoke(value, measured.Count + 1);
            measured.Add(new EepCandidate(maps, value));
        }
        return [.. measured.Select((c, i) => (c, i)).OrderByDescending(p => p.c.Fitness).ThenBy(p => p.i).Select(p => p.c)];
    }

    // A genome that was not measured before.
    ExpertMap[]? Next(int iteration, Random random)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var maps = iteration < Math.Min(options.Initial, options.Pruning) ? Draw(random)
                : iteration < options.Pruning ? Pruned(random) : Merged(random);
            if (names.Add(Name(maps))) return maps;
        }
        return null;
    }

    ExpertMap[] Draw(Random random) => [.. spaces.Select(s => ExpertMap.Choose(s.Draw(random), s.Experts))];

    ExpertMap[] Pruned(Random random)
    {
        var parents = Parents(options.PruningTolerance);
        var first = parents[random.Next(parents.Length)].Maps;
        if (random.NextDouble() < options.Crossover)
        {
            var second = parents[random.Next(parents.Length)].Maps;
            return [.. spaces.Select((s, g) => ExpertMap.Choose(Cross(s, first[g].Chosen!, second[g].Chosen!, random), s.Experts))];
        }
        var changed = Changed(random);
        return [.. spaces.Select((s, g) => changed[g] ? ExpertMap.Choose(Exchange(s, first[g].Chosen!, random), s.Experts) : first[g])];
    }

    // What both keep, and some of what one of them keeps.
    static int[] Cross(KeptExperts space, int[] first, int[] second, Random random)
    {
        var size = space.Experts / space.Groups;
        var kept = new List<int>();
        for (var g = 0; g < space.Groups; g++)
        {
            int[] a = [.. first.Where(e => e / size == g)], b = [.. second.Where(e => e / size == g)], one = [.. a.Except(b).Concat(b.Except(a))];
            random.Shuffle(one);
            kept.AddRange(a.Intersect(b));
            kept.AddRange(one[..(a.Length - a.Intersect(b).Count())]);
        }
        return [.. kept.Order()];
    }

    int[] Exchange(KeptExperts space, int[] kept, Random random)
    {
        var swaps = Math.Max(1, kept.Count(_ => random.NextDouble() < options.Exchange));
        for (var i = 0; i < swaps; i++) kept = space.Swap(kept, random);
        return kept;
    }

    ExpertMap[] Merged(Random random)
    {
        var parents = Parents(options.MergingTolerance);
        var parent = parents[random.Next(parents.Length)].Maps;
        var changed = Changed(random);
        return [.. parent.Select((map, g) => !changed[g] ? map : map with { Experts = Shaken(map, map.Experts, random), Router = Shaken(map, map.Router, random) })];
    }

    float[] Shaken(ExpertMap map, float[] numbers, Random random)
    {
        float[] shaken = [.. numbers];
        foreach (ref var number in shaken.AsSpan())
            if (random.NextDouble() < options.NumberChange) number += (float)(options.Deviation * Normal(random));
        if (random.NextDouble() >= options.NormaliseRows) return shaken;
        for (var i = 0; i < map.Rows; i++)
        {
            var row = shaken.AsSpan(i * map.Columns, map.Columns);
            float sum = 0;
            foreach (var number in row) sum += number;
            if (Math.Abs(sum) < 1e-3f) continue;
            foreach (ref var number in row) number /= sum;
        }
        return shaken;
    }

    static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    bool[] Changed(Random random)
    {
        bool[] changed = [.. spaces.Select(_ => random.NextDouble() < options.GroupChange)];
        changed[random.Next(changed.Length)] = true;
        return changed;
    }

    EepCandidate[] Parents(double tolerance)
    {
        EepCandidate[] best = [.. measured.OrderByDescending(c => c.Fitness)];
        var most = Math.Max(Math.Min(6, best.Length), (int)(best.Length * options.Parents));
        return [.. best.Take(most).Where((c, i) => i < 6 || c.Fitness >= best[0].Fitness - tolerance)];
    }

    static string Name(ExpertMap[] maps) => string.Join('|', maps.Select(m => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(
        System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>([.. m.Experts, .. m.Router])))));
}

using System.Runtime.InteropServices;

namespace Moesaic.Methods.Evaluation.Routes;

/// <summary>
/// Who gets a token id. Vocabulary specialisation (Muennighoff et al. 2024, OLMoE, 5.4): S(e, x) = N(e, x) / N(x), of the places where id x
/// stands those that go to the expert. Context-independent specialisation (Xue et al. 2024, OpenMoE): how far the id alone tells the expert,
/// see <see cref="ToldById"/>. Memory: 4 (E + 1) bytes and some 50 more for every id that was seen.
/// </summary>
/// <param name="experts">E.</param>
sealed class VocabularyLoads(int experts)
{
    // Of each id E counts, then that of its places.
    readonly Dictionary<int, int[]> counts = [];

    /// <param name="id">A token id.</param>
    /// <param name="chosen">The experts it got.</param>
    public void Add(int id, ReadOnlySpan<int> chosen)
    {
        ref var row = ref CollectionsMarshal.GetValueRefOrAddDefault(counts, id, out _);
        row ??= new int[experts + 1];
        foreach (var e in chosen) row[e]++;
        row[experts]++;
    }

    /// <summary>The ids seen, ascending.</summary>
    public IEnumerable<int> Ids => counts.Keys.Order();

    /// <summary>N(x); 0 for an id that was not seen.</summary>
    public int Places(int id) => counts.TryGetValue(id, out var row) ? row[experts] : 0;

    /// <summary>N(e, x), E of them.</summary>
    public ReadOnlySpan<int> Slots(int id) => counts[id].AsSpan(0, experts);

    /// <summary>S(e, x), 0 to 1.</summary>
    public double Share(int id, int expert) => counts[id][expert] / (double)counts[id][experts];

    /// <summary>
    /// How much of an expert's work is on ids that always come to it: the mean of S(e, x) over the expert's slots. OLMoE's figures average
    /// over ids; that gives an id seen once as much weight as the most frequent one. 0 for an expert without slots.
    /// </summary>
    /// <param name="expert">e.</param>
    /// <param name="least">Ids with fewer places are left out: one place alone is always 1.</param>
    public double Specialisation(int expert, int least)
    {
        double sum = 0;
        long slots = 0;
        foreach (var row in counts.Values)
        {
            if (row[experts] < least) continue;
            sum += row[expert] * (double)row[expert] / row[experts];
            slots += row[expert];
        }
        return slots == 0 ? 0 : sum / slots;
    }

    /// <summary>
    /// The share of all choices that a table from id to experts would make as well: of each id its n most frequent experts, where n is
    /// how many it gets on average, rounded. 1: the context does not matter. Text seen once decides the table, so that few places an id
    /// flatter it: ids with fewer than <paramref name="least"/> do not count.
    /// </summary>
    /// <param name="least">Fewest places of an id.</param>
    public double ToldById(int least) => Told(least, [.. Enumerable.Range(0, experts)], own: true);

    /// <summary>The same share for a table that knows no ids: always the experts that get most. What <see cref="ToldById"/> is compared with.</summary>
    /// <param name="least">Fewest places of an id.</param>
    public double ToldByLoad(int least)
    {
        var loads = new long[experts];
        foreach (var row in counts.Values.Where(r => r[experts] >= least))
            for (var e = 0; e < experts; e++) loads[e] += row[e];
        return Told(least, [.. Enumerable.Range(0, experts).OrderByDescending(e => loads[e])], own: false);
    }

    double Told(int least, int[] order, bool own)
    {
        long told = 0, all = 0;
        foreach (var row in counts.Values.Where(r => r[experts] >= least))
        {
            var slots = row.AsSpan(0, experts).ToArray();
            var number = Math.Max(1, (int)Math.Round(slots.Sum() / (double)row[experts]));
            IEnumerable<int> best = own ? slots.OrderDescending() : order.Select(e => slots[e]);
            told += best.Take(number).Sum(n => (long)n);
            all += slots.Sum(n => (long)n);
        }
        return all == 0 ? 0 : told / (double)all;
    }

    /// <summary>The ids that belong to an expert most: by S(e, x), then by N(e, x), then the lower id.</summary>
    /// <param name="expert">e.</param>
    /// <param name="number">Most ids.</param>
    /// <param name="least">Fewest places of an id.</param>
    public IReadOnlyList<int> Top(int expert, int number, int least) =>
    [
        .. counts.Where(c => c.Value[experts] >= least && c.Value[expert] > 0).Select(c => c.Key)
            .OrderByDescending(id => Share(id, expert)).ThenByDescending(id => counts[id][expert]).ThenBy(id => id).Take(number),
    ];

    /// <summary>Ids with so many places, and their part of all places.</summary>
    /// <param name="least">Fewest places.</param>
    public (int Ids, double Places) Frequent(int least) => (counts.Values.Count(r => r[experts] >= least),
        counts.Values.Where(r => r[experts] >= least).Sum(r => (long)r[experts]) / Math.Max(1.0, counts.Values.Sum(r => (long)r[experts])));
}

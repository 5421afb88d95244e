using Moesaic.Formats;
using Moesaic.Methods.Compression.Allocation;
using Moesaic.Models;

namespace Moesaic.Methods.Compression.Search;

/// <summary>
/// The choices that a search is among: how many of E experts stay, as many in every group where groups of neighbours limit the router.
/// A choice is the numbers of the experts that stay, rising.
/// </summary>
/// <param name="Experts">E.</param>
/// <param name="Kept">How many stay.</param>
/// <param name="Groups">Groups of E/Groups neighbours, of each of which Kept/Groups stay; 1 without groups.</param>
public readonly record struct KeptExperts(int Experts, int Kept, int Groups)
{
    /// <summary>The choices that a router allows.</summary>
    /// <param name="router">The router.</param>
    /// <param name="kept">How many experts stay.</param>
    /// <param name="where">For the message.</param>
    /// <exception cref="BadRequestException">The router could not choose K of them, or groups would not be equal.</exception>
    public static KeptExperts Of(RouterSpec router, int kept, string where)
    {
        if (kept > router.Experts) throw new BadRequestException($"{where}: {kept} experts cannot stay, there are {router.Experts}");
        var least = ExpertFloors.Of(router, preserveRows: false);
        if (kept < least)
            throw new BadRequestException($"{where}: {kept} of {router.Experts} experts would stay, but at least {least} must, so that a token can choose {router.Chosen}; lower the ratio");
        var groups = ExpertFloors.Groups(router, preserveRows: false);
        if (kept % groups != 0)
            throw new BadRequestException($"{where}: {kept} experts do not divide into the {groups} groups of the router; keep a multiple of {groups}");
        return new KeptExperts(router.Experts, kept, groups);
    }

    int Size => Experts / Groups;

    int KeptOfGroup => Kept / Groups;

    /// <summary>How many choices there are, as far as <see cref="long.MaxValue"/>.</summary>
    public long Count
    {
        get
        {
            double all = 1;
            long exact = 1;
            for (var g = 0; g < Groups; g++)
            {
                var group = Binomial(Size, KeptOfGroup);
                if ((all *= group) > long.MaxValue / 2) return long.MaxValue;
                exact *= group;
            }
            return exact;
        }
    }

    /// <summary>All choices, in lexical order.</summary>
    public IEnumerable<int[]> All()
    {
        var (size, kept, groups) = (Size, KeptOfGroup, Groups);
        var choice = new int[Kept];
        for (var i = 0; i < choice.Length; i++) choice[i] = (i / kept * size) + (i % kept);
        while (true)
        {
            yield return (int[])choice.Clone();
            var last = choice.Length - 1;
            while (last >= 0 && choice[last] == (last / kept * size) + size - kept + (last % kept)) last--;
            if (last < 0) yield break;
            choice[last]++;
            for (var i = last + 1; i < choice.Length; i++) choice[i] = i / kept == last / kept ? choice[i - 1] + 1 : (i / kept * size) + (i % kept);
        }
    }

    /// <summary>A choice, each as likely as any other.</summary>
    public int[] Draw(Random random) => Without(Pick([.. Enumerable.Range(0, Experts)], random));

    /// <summary>Keeps all but some experts of those that either of two choices drops (crossover: the union of what is dropped, drawn from anew).</summary>
    public int[] Cross(int[] first, int[] second, Random random) =>
        Without(Pick([.. Enumerable.Range(0, Experts).Where(e => !first.Contains(e) || !second.Contains(e))], random));

    /// <summary>Swaps one expert that stays with one of its group that goes.</summary>
    public int[] Swap(int[] choice, Random random)
    {
        if (Kept == Experts) return choice;
        var kept = choice[random.Next(choice.Length)];
        var size = Size;
        int[] gone = [.. Enumerable.Range(kept / size * size, size).Except(choice)];
        int[] swapped = [.. choice];
        swapped[Array.IndexOf(choice, kept)] = gone[random.Next(gone.Length)];
        Array.Sort(swapped);
        return swapped;
    }

    /// <summary>What goes: as many of each group as must, drawn from candidates that hold enough of each.</summary>
    IEnumerable<int> Pick(int[] candidates, Random random)
    {
        var (size, drop) = (Size, Size - KeptOfGroup);
        for (var g = 0; g < Groups; g++)
        {
            int[] group = [.. candidates.Where(e => e / size == g)];
            random.Shuffle(group);
            foreach (var e in group.AsSpan(0, drop).ToArray()) yield return e;
        }
    }

    int[] Without(IEnumerable<int> gone) => [.. Enumerable.Range(0, Experts).Except(gone)];

    /// <summary>n over k, as far as <see cref="long.MaxValue"/>.</summary>
    public static long Binomial(int n, int k)
    {
        k = Math.Min(k, n - k);
        UInt128 value = 1;
        for (var i = 1; i <= k; i++)
        {
            value = value * (UInt128)(n - k + i) / (UInt128)i;
            if (value > long.MaxValue) return long.MaxValue;
        }
        return (long)value;
    }
}

namespace Moesaic.Methods.Construction.Clustering;

/// <summary>
/// Items to groups of limited size at the least total cost, exactly: successive shortest paths on the graph whose nodes
/// are the groups and whose edge a → b costs what the cheapest item of a pays for moving to b (Ahuja, Magnanti, Orlin
/// 1993, chapter 9, with the item nodes contracted).
/// </summary>
public sealed class CapacityAssignment
{
    readonly float[] costs;
    readonly int groups;
    readonly int[] group, sizes;
    readonly PriorityQueue<int, (double Cost, int Item)>[] moves;

    CapacityAssignment(float[] costs, int groups)
    {
        (this.costs, this.groups) = (costs, groups);
        group = new int[costs.Length / groups];
        sizes = new int[groups];
        for (var item = 0; item < group.Length; item++) sizes[group[item] = Cheapest(item)]++;
        moves = [.. Enumerable.Range(0, groups * groups).Select(_ => new PriorityQueue<int, (double, int)>())];
    }

    /// <summary>Assigns every item. Ties go to the lowest index, so that every machine decides alike.</summary>
    /// <param name="costs">[items, groups], finite.</param>
    /// <param name="groups">Number of groups.</param>
    /// <param name="min">Least items in a group.</param>
    /// <param name="max">Most items in a group; min·groups &lt;= items &lt;= max·groups.</param>
    /// <returns>The group of each item.</returns>
    public static int[] Solve(float[] costs, int groups, int min, int max)
    {
        var items = costs.Length / groups;
        if (items * groups != costs.Length || (long)min * groups > items || (long)max * groups < items)
            throw new ArgumentException($"{items} items cannot fill {groups} groups of {min} to {max}", nameof(costs));
        var solver = new CapacityAssignment(costs, groups);
        if (solver.sizes.All(s => s >= min && s <= max)) return solver.group;
        for (var item = 0; item < items; item++) solver.OfferMoves(item);
        while (solver.sizes.Any(s => s > max)) solver.Shift(s => s > max, s => s < max);
        while (solver.sizes.Any(s => s < min)) solver.Shift(s => s > min, s => s < min);
        return solver.group;
    }

    int Cheapest(int item)
    {
        var row = costs.AsSpan(item * groups, groups);
        var best = 0;
        for (var g = 1; g < groups; g++)
            if (row[g] < row[best]) best = g;
        return best;
    }

    void OfferMoves(int item)
    {
        var row = costs.AsSpan(item * groups, groups);
        var from = group[item];
        for (var to = 0; to < groups; to++)
            if (to != from) moves[(from * groups) + to].Enqueue(item, ((double)row[to] - row[from], item));
    }

    // The cheapest move between two groups. Items that have left the group since are dropped here.
    double Edge(int from, int to, out int item)
    {
        var queue = moves[(from * groups) + to];
        while (queue.TryPeek(out item, out var priority))
        {
            if (group[item] == from) return priority.Cost;
            queue.Dequeue();
        }
        item = -1;
        return double.PositiveInfinity;
    }

    /// <summary>Moves one item along each edge of the cheapest path from a group that gives to one that takes.</summary>
    void Shift(Func<int, bool> gives, Func<int, bool> takes)
    {
        var distance = new double[groups];
        var previous = new int[groups];
        for (var g = 0; g < groups; g++) (distance[g], previous[g]) = (gives(sizes[g]) ? 0 : double.PositiveInfinity, -1);
        var changed = true;
        for (var round = 0; changed && round < groups; round++)
        {
            changed = false;
            for (var from = 0; from < groups; from++)
            {
                if (double.IsPositiveInfinity(distance[from])) continue;
                for (var to = 0; to < groups; to++)
                {
                    if (to == from || distance[from] + Edge(from, to, out _) is var length && !(length < distance[to] - 1e-9)) continue;
                    (distance[to], previous[to], changed) = (length, from, true);
                }
            }
        }
        var end = -1;
        for (var g = 0; g < groups; g++)
            if (takes(sizes[g]) && (end < 0 || distance[g] < distance[end])) end = g;

        var path = new List<(int Item, int To)>();
        for (var g = end; previous[g] >= 0; g = previous[g])
        {
            Edge(previous[g], g, out var item);
            path.Add((item, g));
        }
        foreach (var (item, to) in path)
        {
            sizes[group[item]]--;
            sizes[group[item] = to]++;
            OfferMoves(item);
        }
    }
}

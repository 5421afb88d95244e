using Moesaic.Methods.Construction.Clustering;

namespace Moesaic.Methods.Construction.Divisions;

/// <summary>How neurons are dealt out by importance.</summary>
public enum AssignmentRule
{
    /// <summary>The expert whose next free neuron scores highest takes it, again and again (LLaMA-MoE v1's released code).</summary>
    Greedy,

    /// <summary>The largest sum of scores there is, by <see cref="CapacityAssignment"/>.</summary>
    Exact,
}

/// <summary>From importance to experts without overlap. Pure; ties go to the lowest expert and neuron.</summary>
public static class ImportanceAssignment
{
    /// <summary>Divides each row by its mean size: an expert whose tokens have larger gradients would else choose first. Rows of zeros stay.</summary>
    /// <param name="scores">Per expert, per neuron.</param>
    public static double[][] Normalise(double[][] scores) =>
        [.. scores.Select(row => row.Average(Math.Abs) is > 0 and var mean ? row.Select(s => s / mean).ToArray() : row)];

    /// <summary>
    /// Every expert takes its own best neurons, whatever others take (LLaMA-MoE v1: Sharing-Inner, and the routed half of Sharing-Inter with
    /// sharing): some neurons are in several experts and some in none.
    /// </summary>
    /// <param name="scores">[E][F].</param>
    /// <param name="excluded">Neurons that are shared.</param>
    /// <param name="count">Neurons of an expert.</param>
    /// <returns>Per expert its neurons, ascending.</returns>
    public static int[][] Overlapping(double[][] scores, IReadOnlyCollection<int> excluded, int count)
    {
        var free = Enumerable.Range(0, scores[0].Length).Except(excluded).ToArray();
        return [.. scores.Select(row => Ranking([.. free.Select(j => row[j])]).Take(count).Select(i => free[i]).Order().ToArray())];
    }

    /// <summary>
    /// The neurons that most experts want (Sharing-Inter, LLaMA-MoE v1): every expert lists its best free neurons, those on most lists
    /// become shared, and so on with fresh lists until there are enough.
    /// </summary>
    /// <param name="scores">[E][F].</param>
    /// <param name="count">How many neurons to share.</param>
    /// <param name="listLength">Length of an expert's list: its width.</param>
    /// <returns>In the order found.</returns>
    public static int[] Shared(double[][] scores, int count, int listLength)
    {
        var order = scores.Select(Ranking).ToArray();
        var taken = new bool[scores[0].Length];
        var shared = new List<int>();
        while (shared.Count < count)
        {
            var votes = new int[taken.Length];
            foreach (var ranking in order)
                foreach (var neuron in ranking.Where(j => !taken[j]).Take(listLength)) votes[neuron]++;
            var most = votes.Max();
            for (var j = 0; j < votes.Length && shared.Count < count; j++)
            {
                if (votes[j] != most || taken[j]) continue;
                taken[j] = true;
                shared.Add(j);
            }
        }
        return [.. shared];
    }

    /// <summary>Gives each expert the same number of the neurons that are not excluded.</summary>
    /// <param name="scores">[E][F].</param>
    /// <param name="excluded">Neurons that are shared; the others must be a multiple of E.</param>
    /// <param name="rule">How.</param>
    /// <returns>Per expert its neurons, ascending.</returns>
    public static int[][] Assign(double[][] scores, IReadOnlyCollection<int> excluded, AssignmentRule rule)
    {
        var free = Enumerable.Range(0, scores[0].Length).Except(excluded).ToArray();
        if (free.Length % scores.Length != 0)
            throw new ArgumentException($"{free.Length} neurons do not divide among {scores.Length} experts", nameof(scores));
        var owner = rule == AssignmentRule.Greedy ? Greedy(scores, free) : Exact(scores, free);
        return [.. Enumerable.Range(0, scores.Length).Select(e => free.Where((_, i) => owner[i] == e).ToArray())];
    }

    static int[] Exact(double[][] scores, int[] free)
    {
        var costs = new float[free.Length * scores.Length];
        for (var i = 0; i < free.Length; i++)
            for (var e = 0; e < scores.Length; e++) costs[(i * scores.Length) + e] = (float)-scores[e][free[i]];
        return CapacityAssignment.Solve(costs, scores.Length, free.Length / scores.Length, free.Length / scores.Length);
    }

    static int[] Greedy(double[][] scores, int[] free)
    {
        int experts = scores.Length, room = free.Length / experts;
        var owner = new int[free.Length];
        Array.Fill(owner, -1);
        var order = scores.Select(row => Ranking([.. free.Select(j => row[j])])).ToArray();
        int[] next = new int[experts], size = new int[experts];
        for (var step = 0; step < free.Length; step++)
        {
            var best = -1;
            for (var e = 0; e < experts; e++)
            {
                if (size[e] == room) continue;
                while (owner[order[e][next[e]]] >= 0) next[e]++;
                if (best < 0 || Score(e) > Score(best)) best = e;
            }
            owner[order[best][next[best]]] = best;
            size[best]++;
        }
        return owner;

        double Score(int e) => scores[e][free[order[e][next[e]]]];
    }

    static int[] Ranking(double[] scores) =>
        [.. Enumerable.Range(0, scores.Length).OrderByDescending(j => scores[j])];      // stable: ties by number
}

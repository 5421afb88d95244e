namespace Moesaic.Methods.Construction.Divisions;

/// <summary>
/// Cuts a graph into parts of equal size with little weight between them: parts grown one after the other around a seed, then
/// refined by exchanging neurons between two parts (Kernighan and Lin 1970, with the move-by-move queues of Fiduccia and Mattheyses
/// 1982). Seeds are tried in four orders (strong or weak first, by number up or down) and the best result is kept. Depends on the graph alone; ties go to the lowest number.
/// </summary>
public static class GraphPartition
{
    /// <summary>Divides a graph; sizes differ by one at most.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="parts">Number of parts, 1 to the number of neurons.</param>
    /// <param name="cancellation">Stops between rounds.</param>
    /// <returns>[F] the part of each neuron.</returns>
    public static int[] Divide(NeuronGraph graph, int parts, CancellationToken cancellation = default)
    {
        var strength = new double[graph.Count];
        for (var j = 0; j < graph.Count; j++)
            for (var i = graph.Starts[j]; i < graph.Starts[j + 1]; i++) strength[j] += graph.Weights[i];
        int[] byNumber = [.. Enumerable.Range(0, graph.Count)], byStrength = [.. byNumber.OrderByDescending(j => strength[j])];

        var (best, cut) = (Array.Empty<int>(), double.PositiveInfinity);
        foreach (var seeds in new[] { byStrength, [.. byStrength.Reverse()], byNumber, [.. byNumber.Reverse()] })
        {
            var labels = Grow(graph, parts, seeds);
            Refine(graph, labels, parts, cancellation);
            if (graph.Cut(labels) is var found && found < cut) (best, cut) = (labels, found);
        }
        return best;
    }

    static int[] Grow(NeuronGraph graph, int parts, int[] seeds)
    {
        int count = graph.Count, left = count;
        var labels = new int[count];
        Array.Fill(labels, -1);
        var seed = 0;
        var tie = new double[count];
        for (var part = 0; part < parts; part++)
        {
            Array.Clear(tie);
            var border = new PriorityQueue<int, (double, int)>();
            for (var room = left / (parts - part); room > 0; room--, left--)
            {
                var next = -1;
                while (next < 0 && border.TryDequeue(out var candidate, out var priority))
                    if (labels[candidate] < 0 && -priority.Item1 == tie[candidate]) next = candidate;
                while (next < 0 && labels[seeds[seed]] >= 0) seed++;
                if (next < 0) next = seeds[seed];
                labels[next] = part;
                for (var i = graph.Starts[next]; i < graph.Starts[next + 1]; i++)
                {
                    var neighbour = graph.Neighbours[i];
                    tie[neighbour] += graph.Weights[i];
                    if (labels[neighbour] < 0) border.Enqueue(neighbour, (-tie[neighbour], neighbour));
                }
            }
        }
        return labels;
    }

    /// <summary>Exchanges neurons until no pair of parts gains: sizes stay, and the cut never grows.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="labels">[F] the part of each neuron; changed.</param>
    /// <param name="parts">Number of parts.</param>
    /// <param name="cancellation">Stops between rounds.</param>
    public static void Refine(NeuronGraph graph, int[] labels, int parts, CancellationToken cancellation = default)
    {
        const int Rounds = 30;
        var exchange = new PartExchange(graph, labels, parts);
        for (var round = 0; round < Rounds; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            double gained = 0;
            for (var a = 0; a < parts; a++)
                for (var b = a + 1; b < parts; b++) gained += exchange.Improve(a, b);
            if (gained == 0) return;
        }
    }
}

namespace Moesaic.Methods.Construction.Divisions;

/// <summary>
/// Neurons and how often they are active together: an undirected graph with weights above 0 and without loops, every edge stored at both
/// ends. The neighbours of j are entries Starts[j] to Starts[j + 1].
/// </summary>
/// <param name="Starts">[F + 1].</param>
/// <param name="Neighbours">Ascending within a neuron.</param>
/// <param name="Weights">Of each entry of <paramref name="Neighbours"/>.</param>
public sealed record NeuronGraph(int[] Starts, int[] Neighbours, float[] Weights)
{
    /// <summary>Number of neurons, F.</summary>
    public int Count => Starts.Length - 1;

    /// <summary>Keeps the strongest edges of every neuron; an edge stays when either end wants it.</summary>
    /// <param name="count">Number of neurons, F.</param>
    /// <param name="neighbours">Edges a neuron keeps, at most.</param>
    /// <param name="weights">Fills [F] with the weights of a neuron's edges; symmetric. Called for neuron after neuron.</param>
    public static NeuronGraph Strongest(int count, int neighbours, Action<int, float[]> weights)
    {
        var edges = Enumerable.Range(0, count).Select(_ => new SortedDictionary<int, float>()).ToArray();
        var row = new float[count];
        var order = new PriorityQueue<int, (float, int)>();
        for (var j = 0; j < count; j++)
        {
            weights(j, row);
            order.Clear();
            for (var i = 0; i < count; i++)
            {
                if (i == j || !(row[i] > 0)) continue;
                // The weakest comes out first; of equals the one with the higher number.
                if (order.Count < neighbours) order.Enqueue(i, (row[i], -i));
                else if (order.TryPeek(out _, out var weakest) && row[i] > weakest.Item1) order.EnqueueDequeue(i, (row[i], -i));
            }
            foreach (var (i, priority) in order.UnorderedItems) edges[j][i] = edges[i][j] = priority.Item1;
        }
        return Of(edges);
    }

    static NeuronGraph Of(SortedDictionary<int, float>[] edges)
    {
        var starts = new int[edges.Length + 1];
        for (var j = 0; j < edges.Length; j++) starts[j + 1] = starts[j] + edges[j].Count;
        int[] neighbours = new int[starts[^1]];
        var weights = new float[starts[^1]];
        for (var j = 0; j < edges.Length; j++)
        {
            edges[j].Keys.CopyTo(neighbours, starts[j]);
            edges[j].Values.CopyTo(weights, starts[j]);
        }
        return new NeuronGraph(starts, neighbours, weights);
    }

    /// <summary>The weight of all edges between different parts.</summary>
    /// <param name="parts">[F] the part of each neuron.</param>
    public double Cut(ReadOnlySpan<int> parts)
    {
        double sum = 0;
        for (var j = 0; j < Count; j++)
            for (var i = Starts[j]; i < Starts[j + 1]; i++)
                if (parts[Neighbours[i]] != parts[j]) sum += Weights[i];
        return sum / 2;
    }
}

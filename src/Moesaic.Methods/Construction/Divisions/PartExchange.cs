namespace Moesaic.Methods.Construction.Divisions;

/// <summary>Exchanges of neurons between two parts of a graph, tried in sequence and kept as far as they paid.</summary>
sealed class PartExchange
{
    // So many exchanges may fail to reach a new best before a sequence is given up.
    const int Patience = 50;

    readonly NeuronGraph graph;
    readonly int[] labels;
    readonly double[] ties;         // [F, parts]: weight of a neuron's edges into each part
    readonly int parts;
    readonly bool[] moved;

    /// <summary>Prepares exchanges.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="labels">[F] the part of each neuron; changed by <see cref="Improve"/>.</param>
    /// <param name="parts">Number of parts.</param>
    public PartExchange(NeuronGraph graph, int[] labels, int parts)
    {
        (this.graph, this.labels, this.parts) = (graph, labels, parts);
        moved = new bool[graph.Count];
        ties = new double[graph.Count * parts];
        for (var j = 0; j < graph.Count; j++)
            for (var i = graph.Starts[j]; i < graph.Starts[j + 1]; i++) ties[(j * parts) + labels[graph.Neighbours[i]]] += graph.Weights[i];
    }

    /// <summary>One sequence between two parts.</summary>
    /// <returns>By how much the cut shrank; 0 when nothing was kept.</returns>
    public double Improve(int a, int b)
    {
        var queues = new Dictionary<int, PriorityQueue<int, (double, int)>> { [a] = new(), [b] = new() };
        var most = 0.0;
        for (var j = 0; j < labels.Length; j++)
        {
            if (labels[j] != a && labels[j] != b) continue;
            Offer(j);
            most = Math.Max(most, Math.Abs(Gain(j)));
        }
        var sequence = new List<int>();
        double sum = 0, best = most * 1e-9;     // less is rounding
        var kept = 0;
        while (sequence.Count - kept < 2 * Patience && Take(a) is >= 0 and var one)
        {
            sum += Move(one, b);
            if (Take(b) is not (>= 0 and var other))
            {
                sum += Move(one, a);
                break;
            }
            sum += Move(other, a);
            sequence.AddRange([one, other]);
            if (sum > best) (best, kept) = (sum, sequence.Count);
        }
        for (var i = sequence.Count - 1; i >= kept; i--) Move(sequence[i], labels[sequence[i]] == a ? b : a);
        Array.Clear(moved);
        return kept > 0 ? best : 0;

        double Gain(int j) => labels[j] == a ? Tie(j, b) - Tie(j, a) : Tie(j, a) - Tie(j, b);

        double Tie(int j, int part) => ties[(j * parts) + part];

        void Offer(int j) => queues[labels[j]].Enqueue(j, (-Gain(j), j));

        // Entries whose gain has changed since are followed by a newer one.
        int Take(int part)
        {
            while (queues[part].TryDequeue(out var j, out var priority))
                if (!moved[j] && labels[j] == part && -priority.Item1 == Gain(j)) return j;
            return -1;
        }

        double Move(int j, int to)
        {
            var (gain, from) = (Gain(j), labels[j]);
            labels[j] = to;
            moved[j] = true;
            for (var i = graph.Starts[j]; i < graph.Starts[j + 1]; i++)
            {
                var neighbour = graph.Neighbours[i];
                ties[(neighbour * parts) + from] -= graph.Weights[i];
                ties[(neighbour * parts) + to] += graph.Weights[i];
                if (!moved[neighbour] && (labels[neighbour] == a || labels[neighbour] == b)) Offer(neighbour);
            }
            return gain;
        }
    }
}

using System.Runtime.InteropServices;

namespace Moesaic.Inference;

/// <summary>Automata over code points to automata over the bytes they are written with.</summary>
static class Spelling
{
    /// <summary>As UTF-8.</summary>
    /// <param name="automaton">Not empty.</param>
    /// <param name="budget">What it may cost.</param>
    public static TableTerminal Plain(CharAutomaton automaton, WorkBudget budget) => Build(automaton, quoted: false, budget);

    /// <summary>As JSON strings, quotes included.</summary>
    /// <inheritdoc cref="Plain"/>
    public static TableTerminal Quoted(CharAutomaton automaton, WorkBudget budget) => Build(automaton, quoted: true, budget);

    static TableTerminal Build(CharAutomaton automaton, bool quoted, WorkBudget budget)
    {
        var rows = new List<List<(byte, byte, int)>>();
        // With quotes: state 0 waits for the first one, and the last state is behind the second.
        var first = quoted ? 1 : 0;
        var closed = first + automaton.States;
        for (var i = 0; i < closed + first; i++) rows.Add([]);
        if (quoted) rows[0].Add(((byte)'"', (byte)'"', 1));
        var within = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var state = 0; state < automaton.States; state++)
        {
            if (quoted && automaton.Accepts(state)) rows[first + state].Add(((byte)'"', (byte)'"', closed));
            var ways = new List<Way>();
            foreach (var (from, to, next) in Ranges(automaton, state))
                foreach (var bytes in quoted ? ByteSequences.Json(from, to) : ByteSequences.Utf8(from, to))
                    ways.Add(new Way(bytes, first + next));
            Expand(first + state, ways, 0);
        }
        var accepts = new bool[rows.Count];
        if (quoted) accepts[closed] = true;
        else for (var state = 0; state < automaton.States; state++) accepts[state] = automaton.Accepts(state);
        return new TableTerminal(rows, accepts);

        // Bytes split what begins alike; rests that are equal share their states.
        void Expand(int row, List<Way> ways, int at)
        {
            budget.Spend(16 * ways.Count);
            int[] cuts = [.. ways.SelectMany(w => new[] { w.Bytes[at].First, w.Bytes[at].Last + 1 }).Distinct().Order()];
            for (var i = 0; i + 1 < cuts.Length; i++)
            {
                var value = (byte)cuts[i];
                var rest = ways.FindAll(w => w.Bytes[at].First <= value && value <= w.Bytes[at].Last);
                if (rest.Count > 0) rows[row].Add((value, (byte)(cuts[i + 1] - 1), Reached(rest, at + 1)));
            }
        }

        int Reached(List<Way> rest, int at)
        {
            if (rest[0].Bytes.Length == at) return rest[0].Next;
            var key = Key(rest, at);
            if (within.TryGetValue(key, out var row)) return row;
            within.Add(key, row = rows.Count);
            rows.Add([]);
            WorkBudget.CheckStates(row);
            Expand(row, rest, at);
            return row;
        }
    }

    readonly record struct Way((byte First, byte Last)[] Bytes, int Next);

    static string Key(List<Way> rest, int at)
    {
        var key = new List<char>();
        foreach (var way in rest)
        {
            foreach (var (first, last) in way.Bytes.AsSpan(at)) key.Add((char)(first << 8 | last));
            key.Add((char)(way.Next >> 16));
            key.Add((char)way.Next);
            // No range begins above its end, so this ends a way.
            key.Add((char)0xFF00);
        }
        return new string(CollectionsMarshal.AsSpan(key));
    }

    /// <summary>The ranges of code points behind a state, neighbours that lead to the same state as one.</summary>
    static IEnumerable<(int From, int To, int Next)> Ranges(CharAutomaton automaton, int state)
    {
        var bounds = automaton.Bounds.ToArray();
        for (var kind = 0; kind < bounds.Length;)
        {
            var (from, next) = (bounds[kind], automaton.Next(state, kind));
            do kind++;
            while (kind < bounds.Length && automaton.Next(state, kind) == next);
            if (next >= 0) yield return (from, (kind < bounds.Length ? bounds[kind] : CodePointSet.Last + 1) - 1, next);
        }
    }
}

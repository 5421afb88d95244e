namespace Moesaic.Inference;

/// <summary>
/// A deterministic automaton over code points. From every state an accepting one can be reached; an automaton of no texts has no
/// states. State 0 is the start.
/// </summary>
sealed class CharAutomaton
{
    // Class c are the code points bounds[c] .. bounds[c + 1] - 1.
    readonly int[] bounds;
    readonly int[] next;
    readonly bool[] accepts;

    CharAutomaton(int[] bounds, int[] next, bool[] accepts) => (this.bounds, this.next, this.accepts) = (bounds, next, accepts);

    public int States => accepts.Length;

    public bool IsEmpty => States == 0;

    /// <summary>First code points of the classes, 0 first.</summary>
    public ReadOnlySpan<int> Bounds => bounds;

    public bool Accepts(int state) => accepts[state];

    /// <summary>The next state by a class of code points, or -1.</summary>
    public int Next(int state, int kind) => next[(state * bounds.Length) + kind];

    public bool Matches(string text)
    {
        var state = IsEmpty ? -1 : 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (state < 0) return false;
            var kind = Array.BinarySearch(bounds, rune.Value);
            state = Next(state, kind >= 0 ? kind : ~kind - 1);
        }
        return state >= 0 && accepts[state];
    }

    /// <summary>Explores the states that a start can reach and drops those that reach no accepting one.</summary>
    /// <typeparam name="T">What a state is; equal ones are one.</typeparam>
    /// <param name="bounds">First code points of the classes, 0 first.</param>
    /// <param name="start">The start.</param>
    /// <param name="follow">The state behind a state by a class, or null.</param>
    /// <param name="accept">Whether a state accepts.</param>
    /// <param name="budget">What it may cost.</param>
    public static CharAutomaton Explore<T>(int[] bounds, T start, Func<T, int, T?> follow, Func<T, bool> accept, WorkBudget budget)
        where T : struct
    {
        var numbers = new Dictionary<T, int> { [start] = 0 };
        var states = new List<T> { start };
        var next = new List<int>();
        for (var state = 0; state < states.Count; state++)
        {
            budget.Spend(bounds.Length * 8);
            for (var kind = 0; kind < bounds.Length; kind++)
            {
                if (follow(states[state], kind) is not { } reached)
                {
                    next.Add(-1);
                    continue;
                }
                if (!numbers.TryGetValue(reached, out var number))
                {
                    numbers.Add(reached, number = states.Count);
                    states.Add(reached);
                    WorkBudget.CheckStates(states.Count);
                }
                next.Add(number);
            }
        }
        return Trim(bounds, [.. next], [.. states.Select(accept)]);
    }

    /// <summary>The texts of both.</summary>
    public CharAutomaton And(CharAutomaton other, WorkBudget budget)
    {
        if (IsEmpty || other.IsEmpty) return IsEmpty ? this : other;
        var both = Merge(bounds, other.bounds);
        var (mine, theirs) = (Locate(both, bounds), Locate(both, other.bounds));
        return Explore<(int A, int B)>(
            both, (0, 0),
            (state, kind) => Next(state.A, mine[kind]) is >= 0 and var a && other.Next(state.B, theirs[kind]) is >= 0 and var b ? (a, b) : null,
            state => accepts[state.A] && other.accepts[state.B], budget);
    }

    /// <summary>Those of its texts that have so many code points.</summary>
    public CharAutomaton WithLength(int least, int? most, WorkBudget budget)
    {
        if (IsEmpty || (least == 0 && most is null)) return this;
        return Explore<(int State, int Count)>(
            bounds, (0, 0),
            (state, kind) => Next(state.State, kind) is >= 0 and var reached && (most is null || state.Count < most)
                ? (reached, most is null ? Math.Min(least, state.Count + 1) : state.Count + 1) : null,
            state => accepts[state.State] && state.Count >= least, budget);
    }

    /// <summary>Just these texts.</summary>
    public static CharAutomaton Of(IEnumerable<string> texts, WorkBudget budget) => Words(texts, except: false, budget);

    /// <summary>All texts but these.</summary>
    public static CharAutomaton Except(IEnumerable<string> texts, WorkBudget budget) => Words(texts, except: true, budget);

    static CharAutomaton Words(IEnumerable<string> texts, bool except, WorkBudget budget)
    {
        var children = new List<Dictionary<int, int>> { new() };
        var ends = new HashSet<int>();
        foreach (var text in texts)
        {
            budget.Spend(text.Length * 16);
            var node = 0;
            foreach (var rune in text.EnumerateRunes())
            {
                if (!children[node].TryGetValue(rune.Value, out var child))
                {
                    children[node].Add(rune.Value, child = children.Count);
                    children.Add([]);
                    WorkBudget.CheckStates(child);
                }
                node = child;
            }
            ends.Add(node);
        }
        var used = children.SelectMany(c => c.Keys).ToHashSet();
        int[] bounds = [.. used.SelectMany(c => new[] { c, c + 1 }).Append(0).Distinct().Order()];
        // Any other text goes on in a state of its own.
        const int Free = -2;
        return Explore<int>(
            bounds, 0,
            (node, kind) => node != Free && used.Contains(bounds[kind]) && children[node].TryGetValue(bounds[kind], out var child) ? child
                : except ? Free : null,
            node => node == Free || ends.Contains(node) != except, budget);
    }

    internal static int[] Merge(int[] a, int[] b) => [.. a.Concat(b).Distinct().Order()];

    static int[] Locate(int[] fine, int[] coarse)
    {
        var kinds = new int[fine.Length];
        for (int i = 0, kind = 0; i < fine.Length; i++)
        {
            while (kind + 1 < coarse.Length && coarse[kind + 1] <= fine[i]) kind++;
            kinds[i] = kind;
        }
        return kinds;
    }

    static CharAutomaton Trim(int[] bounds, int[] next, bool[] accepts)
    {
        var (states, kinds) = (accepts.Length, bounds.Length);
        var before = new List<int>[states];
        for (var state = 0; state < states; state++) before[state] = [];
        for (var i = 0; i < next.Length; i++)
            if (next[i] >= 0) before[next[i]].Add(i / kinds);
        var alive = (bool[])accepts.Clone();
        var open = new Stack<int>(Enumerable.Range(0, states).Where(state => accepts[state]));
        while (open.TryPop(out var state))
            foreach (var source in before[state])
                if (!alive[source])
                {
                    alive[source] = true;
                    open.Push(source);
                }
        if (!alive[0]) return new CharAutomaton(bounds, [], []);
        var numbers = new int[states];
        var count = 0;
        for (var state = 0; state < states; state++) numbers[state] = alive[state] ? count++ : -1;
        var kept = new int[count * kinds];
        for (var i = 0; i < next.Length; i++)
            if (numbers[i / kinds] is >= 0 and var from) kept[(from * kinds) + (i % kinds)] = next[i] < 0 ? -1 : numbers[next[i]];
        return new CharAutomaton(bounds, kept, [.. Enumerable.Range(0, states).Where(s => alive[s]).Select(s => accepts[s])]);
    }
}

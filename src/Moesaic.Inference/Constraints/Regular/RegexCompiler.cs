namespace Moesaic.Inference;

/// <summary>Regular expressions to automata: Thompson's construction, then the subsets that texts reach.</summary>
sealed class RegexCompiler
{
    const int MostNodes = 30_000;

    // Either a set that leads to Next, an edge of the text that leads to Next, or free ways to Next and Other (-1: none).
    readonly record struct Node((int First, int Last)[]? Set, RegexNode.Edge? Edge, int Next, int Other);

    readonly List<Node> nodes = [];
    readonly WorkBudget budget;

    RegexCompiler(WorkBudget budget) => this.budget = budget;

    /// <summary>The texts in which a pattern is found somewhere, as JSON Schema's keyword means it.</summary>
    public static CharAutomaton Found(string pattern, WorkBudget budget) => new RegexCompiler(budget).Build(RegexParser.Parse(pattern), search: true);

    /// <summary>The texts that a pattern matches as a whole.</summary>
    public static CharAutomaton Whole(string pattern, WorkBudget budget) => new RegexCompiler(budget).Build(RegexParser.Parse(pattern), search: false);

    CharAutomaton Build(RegexNode root, bool search)
    {
        var done = Add(default(Node) with { Next = -1, Other = -1 });
        if (search)
        {
            var any = new RegexNode.Repeat(new RegexNode.One(CodePointSet.All), 0, RegexNode.Repeat.Unlimited);
            root = new RegexNode.Sequence(any, root, any);
        }
        var start = Emit(root, done);
        int[] bounds = [.. nodes.Where(n => n.Set is not null).SelectMany(n => n.Set!).SelectMany(r => new[] { r.First, r.Last + 1 })
            .Concat([0, 0xD800, 0xE000]).Where(b => b <= CodePointSet.Last).Distinct().Order()];
        return CharAutomaton.Explore<(Subset Nodes, bool AtStart)>(
            bounds, (Close([start], atStart: true, atEnd: false), true), (state, kind) => Follow(state.Nodes, bounds[kind]),
            state => Close(state.Nodes.Nodes, state.AtStart, atEnd: true).Nodes.Contains(done), budget);
    }

    (Subset, bool)? Follow(Subset subset, int codePoint)
    {
        if (codePoint is >= 0xD800 and < 0xE000) return null;
        var reached = new List<int>();
        budget.Spend(subset.Nodes.Length);
        foreach (var node in subset.Nodes)
            if (nodes[node].Set is { } set && Array.Exists(set, r => codePoint >= r.First && codePoint <= r.Last)) reached.Add(nodes[node].Next);
        return reached.Count == 0 ? null : (Close(reached, atStart: false, atEnd: false), false);
    }

    /// <summary>The nodes that are reached without a character.</summary>
    Subset Close(IEnumerable<int> from, bool atStart, bool atEnd)
    {
        var seen = new HashSet<int>(from);
        var open = new Stack<int>(seen);
        while (open.TryPop(out var at))
        {
            budget.Spend(4);
            var node = nodes[at];
            if (node.Set is not null) continue;
            if (node.Edge is { } edge && !(edge.IsEnd ? atEnd : atStart)) continue;
            if (node.Next >= 0 && seen.Add(node.Next)) open.Push(node.Next);
            if (node.Edge is null && node.Other >= 0 && seen.Add(node.Other)) open.Push(node.Other);
        }
        return new Subset([.. seen.Order()]);
    }

    /// <summary>Adds nodes for a part that leads to a node, and returns its entry.</summary>
    int Emit(RegexNode part, int to)
    {
        switch (part)
        {
            case RegexNode.One one:
                return Add(new Node(one.Set, null, to, -1));
            case RegexNode.Edge edge:
                return Add(new Node(null, edge, to, -1));
            case RegexNode.Sequence sequence:
                for (var i = sequence.Parts.Count - 1; i >= 0; i--) to = Emit(sequence.Parts[i], to);
                return to;
            case RegexNode.Either either:
                var entry = Emit(either.Options[^1], to);
                for (var i = either.Options.Count - 2; i >= 0; i--) entry = Add(new Node(null, null, Emit(either.Options[i], to), entry));
                return entry;
            case RegexNode.Repeat repeat:
                return EmitRepeat(repeat, to);
            default:
                throw new InvalidOperationException($"no automaton for {part.GetType().Name}");
        }
    }

    int EmitRepeat(RegexNode.Repeat repeat, int to)
    {
        if (repeat.Most == RegexNode.Repeat.Unlimited)
        {
            var loop = Add(new Node(null, null, -1, to));
            nodes[loop] = nodes[loop] with { Next = Emit(repeat.Body, loop) };
            to = loop;
        }
        else
        {
            var behind = to;
            for (var i = repeat.Least; i < repeat.Most; i++) to = Add(new Node(null, null, Emit(repeat.Body, to), behind));
        }
        for (var i = 0; i < repeat.Least; i++) to = Emit(repeat.Body, to);
        return to;
    }

    int Add(Node node)
    {
        budget.Spend(16);
        if (nodes.Count == MostNodes) budget.Spend(GrammarLimits.Steps);
        nodes.Add(node);
        return nodes.Count - 1;
    }

    /// <summary>A sorted set of nodes; compared by content.</summary>
    readonly struct Subset(int[] nodes) : IEquatable<Subset>
    {
        readonly int hash = Hash(nodes);

        public int[] Nodes => nodes;

        public bool Equals(Subset other) => hash == other.hash && Nodes.AsSpan().SequenceEqual(other.Nodes);

        public override bool Equals(object? other) => other is Subset subset && Equals(subset);

        public override int GetHashCode() => hash;

        static int Hash(int[] nodes)
        {
            var hash = new HashCode();
            foreach (var node in nodes) hash.Add(node);
            return hash.ToHashCode();
        }
    }
}

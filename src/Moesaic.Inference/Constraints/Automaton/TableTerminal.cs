namespace Moesaic.Inference;

/// <summary>A deterministic automaton over bytes as a table.</summary>
sealed class TableTerminal : Terminal
{
    readonly byte[] kinds = new byte[256];
    readonly int width;
    readonly int[] next;
    readonly bool[] accepts;
    readonly bool[] goesOn;

    /// <param name="rows">Per state, disjoint ranges of bytes and the states they lead to.</param>
    /// <param name="accepts">Per state.</param>
    public TableTerminal(IReadOnlyList<List<(byte First, byte Last, int Next)>> rows, bool[] accepts)
    {
        this.accepts = accepts;
        int[] cuts = [.. rows.SelectMany(row => row).SelectMany(r => new[] { r.First, r.Last + 1 }).Append(0).Where(c => c < 256).Distinct().Order()];
        width = cuts.Length;
        for (var kind = 0; kind < width; kind++)
            for (var value = cuts[kind]; value < (kind + 1 < width ? cuts[kind + 1] : 256); value++) kinds[value] = (byte)kind;
        next = new int[rows.Count * width];
        next.AsSpan().Fill(Dead);
        goesOn = new bool[rows.Count];
        for (var state = 0; state < rows.Count; state++)
        {
            goesOn[state] = rows[state].Count > 0;
            foreach (var (first, last, reached) in rows[state])
                for (int kind = kinds[first]; kind <= kinds[last]; kind++) next[(state * width) + kind] = reached;
        }
    }

    public override int Start => 0;

    public override int Next(int state, byte value) => next[(state * width) + kinds[value]];

    public override bool Accepts(int state) => accepts[state];

    public override bool GoesOn(int state) => goesOn[state];
}

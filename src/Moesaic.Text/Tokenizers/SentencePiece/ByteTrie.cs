namespace Moesaic.Text.Tokenizers;

/// <summary>
/// Byte strings with a value each, found by walking byte by byte. A node's children lie side by side in byte order.
/// </summary>
sealed class ByteTrie
{
    /// <summary>The node to begin a walk with.</summary>
    public const int Root = 0;

    readonly List<int> firstChild = [0];
    readonly List<int> childCount = [0];
    readonly List<byte> label = [0];
    readonly List<int> value = [-1];
    readonly int[] fromRoot = new int[256];

    /// <param name="entries">Distinct, non-empty keys with values that are not negative.</param>
    public ByteTrie(IEnumerable<(byte[] Key, int Value)> entries)
    {
        var sorted = entries.ToArray();
        Array.Sort(sorted, (a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key));
        // Breadth first: (node, its entries, depth), so that each node's children are made together.
        var open = new Queue<(int Node, int From, int To, int Depth)>([(Root, 0, sorted.Length, 0)]);
        while (open.TryDequeue(out var work))
        {
            var (node, at, to, depth) = work;
            if (at < to && sorted[at].Key.Length == depth) value[node] = sorted[at++].Value;
            firstChild[node] = label.Count;
            while (at < to)
            {
                var start = at;
                var edge = sorted[at].Key[depth];
                while (at < to && sorted[at].Key[depth] == edge) at++;
                open.Enqueue((label.Count, start, at, depth + 1));
                firstChild.Add(0);
                childCount.Add(0);
                label.Add(edge);
                value.Add(-1);
                childCount[node]++;
            }
        }
        for (var b = 0; b < 256; b++) fromRoot[b] = Search(Root, (byte)b);
    }

    /// <summary>The child along a byte, or -1.</summary>
    public int Step(int node, byte edge) => node == Root ? fromRoot[edge] : Search(node, edge);

    /// <summary>The value of the key that ends at a node, or -1.</summary>
    public int ValueAt(int node) => value[node];

    /// <summary>The value of a key, or -1.</summary>
    public int Find(ReadOnlySpan<byte> key)
    {
        var node = Root;
        foreach (var edge in key)
            if ((node = Step(node, edge)) < 0) return -1;
        return value[node];
    }

    /// <summary>The length of the longest key the text begins with, or 0.</summary>
    public int LongestPrefix(ReadOnlySpan<byte> text)
    {
        var (node, longest) = (Root, 0);
        for (var i = 0; i < text.Length && (node = Step(node, text[i])) >= 0; i++)
            if (value[node] >= 0) longest = i + 1;
        return longest;
    }

    int Search(int node, byte edge)
    {
        var (low, high) = (firstChild[node], firstChild[node] + childCount[node] - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (label[middle] == edge) return middle;
            if (label[middle] < edge) low = middle + 1;
            else high = middle - 1;
        }
        return -1;
    }
}

namespace Moesaic.Inference;

/// <summary>
/// Byte strings of tokens, laid out as a tree in preorder: the node behind a node is its first child or, when it has none, what
/// comes behind its subtree; <see cref="End"/> jumps over a subtree. Node 0 is the root, the empty string.
/// </summary>
sealed class TokenTrie
{
    readonly byte[] labels;
    readonly byte[] depths;
    readonly int[] ends;
    readonly int[] firstToken;      // per node, into tokens; one more than nodes
    readonly int[] tokens;

    /// <param name="strings">Of 1 to 254 bytes each, or none; several tokens may have the same.</param>
    public TokenTrie(IEnumerable<(int Token, ReadOnlyMemory<byte> Bytes)> strings)
    {
        var sorted = strings.ToArray();
        Array.Sort(sorted, (a, b) =>
        {
            var order = a.Bytes.Span.SequenceCompareTo(b.Bytes.Span);
            return order != 0 ? order : a.Token.CompareTo(b.Token);
        });
        tokens = Array.ConvertAll(sorted, entry => entry.Token);
        var nodes = new List<(byte Label, byte Depth, int FirstToken)> { (0, 0, 0) };
        var endings = new List<int> { 0 };
        var path = new Stack<int>([0]);
        ReadOnlySpan<byte> last = [];
        for (var i = 0; i < sorted.Length; i++)
        {
            var bytes = sorted[i].Bytes.Span;
            var common = bytes.CommonPrefixLength(last);
            while (path.Count > common + 1) endings[path.Pop()] = nodes.Count;
            for (var depth = common; depth < bytes.Length; depth++)
            {
                path.Push(nodes.Count);
                // Tokens of the nodes on the way stand at the end of the way only.
                nodes.Add((bytes[depth], (byte)(depth + 1), i));
                endings.Add(0);
            }
            last = bytes;
            LongestToken = Math.Max(LongestToken, bytes.Length);
        }
        while (path.Count > 0) endings[path.Pop()] = nodes.Count;
        labels = [.. nodes.Select(n => n.Label)];
        depths = [.. nodes.Select(n => n.Depth)];
        ends = [.. endings];
        firstToken = [.. nodes.Select(n => n.FirstToken), tokens.Length];
    }

    public int Nodes => labels.Length;

    /// <summary>Bytes of the longest string.</summary>
    public int LongestToken { get; }

    /// <summary>The byte that leads to a node.</summary>
    public byte Label(int node) => labels[node];

    /// <summary>Bytes from the root.</summary>
    public int Depth(int node) => depths[node];

    /// <summary>The first node behind a node and all below it.</summary>
    public int End(int node) => ends[node];

    public bool HasChildren(int node) => ends[node] > node + 1;

    /// <summary>The tokens whose string ends in a node.</summary>
    public ReadOnlySpan<int> Tokens(int node) => tokens.AsSpan(firstToken[node]..firstToken[node + 1]);

    /// <summary>The child by a byte, or -1.</summary>
    public int Child(int node, byte label)
    {
        for (var child = node + 1; child < ends[node]; child = ends[child])
        {
            if (labels[child] == label) return child;
            if (labels[child] > label) break;
        }
        return -1;
    }
}

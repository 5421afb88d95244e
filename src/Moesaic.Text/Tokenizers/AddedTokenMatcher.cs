using System.Buffers;

namespace Moesaic.Text.Tokenizers;

/// <summary>Finds added tokens in a text: leftmost first, the longest of those that begin there.</summary>
sealed class AddedTokenMatcher
{
    readonly Node root = new();
    readonly SearchValues<char> firsts;

    public AddedTokenMatcher(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        foreach (var (text, token) in tokens)
        {
            if (text.Length == 0) continue;
            var node = root;
            foreach (var c in text)
            {
                if (!node.Next.TryGetValue(c, out var child)) node.Next[c] = child = new Node();
                node = child;
            }
            node.Token ??= token;
        }
        firsts = SearchValues.Create([.. root.Next.Keys]);
    }

    public bool IsEmpty => root.Next.Count == 0;

    /// <summary>Cuts a text into added tokens and the stretches between them (Token null), none of them empty.</summary>
    public List<(AddedToken? Token, int Start, int End)> Cut(string text, bool parseSpecial) =>
        Cut(text, parseSpecial ? Strangers.Nothing : Strangers.All);

    /// <summary>As above; special tokens are found only outside the words of strangers.</summary>
    public List<(AddedToken? Token, int Start, int End)> Cut(string text, Strangers strangers)
    {
        var parts = new List<(AddedToken?, int, int)>();
        var open = 0;   // where the stretch that is not yet cut begins
        for (var at = 0; Find(text, at, strangers, out var start, out var end) is { } token;)
        {
            at = end;
            if (token.SingleWord && (WordEndsAt(text, start) || WordBeginsAt(text, end))) continue;
            if (token.StripLeft)
            {
                while (start > open && char.IsWhiteSpace(text[start - 1])) start--;
            }
            if (token.StripRight)
            {
                while (end < text.Length && char.IsWhiteSpace(text[end])) end++;
            }
            if (start > open) parts.Add((null, open, start));
            parts.Add((token, start, end));
            open = end;
        }
        if (open < text.Length) parts.Add((null, open, text.Length));
        return parts;
    }

    AddedToken? Find(string text, int from, Strangers strangers, out int start, out int end)
    {
        (start, end) = (0, 0);
        while (from < text.Length)
        {
            var skip = text.AsSpan(from).IndexOfAny(firsts);
            if (skip < 0) return null;
            from += skip;
            var node = root;
            AddedToken? longest = null;
            var refused = 0;   // where the longest name ends that stands wholly in the words of strangers
            for (var i = from; i < text.Length && node.Next.TryGetValue(text[i], out var child);)
            {
                node = child;
                i++;
                if (node.Token is null) continue;
                if (node.Token.Special && strangers.Touch(from, i))
                {
                    if (strangers.Cover(from, i)) refused = i;
                    continue;
                }
                longest = node.Token;
                (start, end) = (from, i);
            }
            if (longest is not null && end > refused) return longest;
            from = Math.Max(from + 1, refused);
        }
        return null;
    }

    static bool WordEndsAt(string text, int position) =>
        position > 0 && CodePoints.IsWord(CodePoints.At(text, CodePoints.Before(text, position), out _));

    static bool WordBeginsAt(string text, int position) =>
        position < text.Length && CodePoints.IsWord(CodePoints.At(text, position, out _));

    sealed class Node
    {
        public Dictionary<char, Node> Next { get; } = [];

        public AddedToken? Token { get; set; }
    }
}

namespace Moesaic.Text.Tokenizers;

/// <summary>Byte-level tokens by id: the 256 bytes, then what merges made. Two ways to the same bytes are one token.</summary>
sealed class ByteTokens
{
    readonly List<string> names = [];
    readonly Dictionary<string, int> ids = new(StringComparer.Ordinal);

    public ByteTokens()
    {
        for (var b = 0; b < 256; b++) Add(ByteAlphabet.CharacterOf((byte)b).ToString());
    }

    public int Count => names.Count;

    /// <summary>A token as written in the byte alphabet.</summary>
    public string this[int id] => names[id];

    public bool Contains(string name) => ids.ContainsKey(name);

    /// <summary>The token of two tokens in a row.</summary>
    public int Join(int left, int right)
    {
        var name = names[left] + names[right];
        return ids.TryGetValue(name, out var id) ? id : Add(name);
    }

    int Add(string name)
    {
        names.Add(name);
        ids.Add(name, names.Count - 1);
        return names.Count - 1;
    }
}

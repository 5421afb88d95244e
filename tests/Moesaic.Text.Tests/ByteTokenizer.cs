using System.Text;

namespace Moesaic.Text.Tests;

/// <summary>A tokenizer simple enough to predict: a token a byte, and special tokens named from 256 on.</summary>
sealed class ByteTokenizer(bool addsBos = false, params string[] specials) : ITokenizer
{
    public int VocabularySize => 256 + specials.Length;

    public int? BosId => IdOf("<s>");

    public int? EosId => IdOf("</s>");

    public int? PadId => null;

    public IReadOnlySet<int> SpecialIds => Enumerable.Range(256, specials.Length).ToHashSet();

    public int[] Encode(string text, bool addSpecial = true, bool parseSpecial = true) =>
        Encode(text, addSpecial, parseSpecial ? [] : [Range.EndAt(text.Length)]);

    public int[] EncodeAround(string text, IReadOnlyList<Range> given) => Encode(text, false, given);

    int[] Encode(string text, bool addSpecial, IReadOnlyList<Range> given)
    {
        var ids = new List<int>();
        if (addSpecial && addsBos) ids.Add(BosId!.Value);
        for (var at = 0; at < text.Length;)
        {
            var special = Array.FindIndex(specials, name => string.CompareOrdinal(text, at, name, 0, name.Length) == 0
                && !given.Any(range => range.Start.Value < at + name.Length && at < range.End.Value));
            if (special >= 0)
            {
                ids.Add(256 + special);
                at += specials[special].Length;
                continue;
            }
            var width = char.IsSurrogatePair(text, at) ? 2 : 1;
            foreach (var one in Encoding.UTF8.GetBytes(text.Substring(at, width))) ids.Add(one);
            at += width;
        }
        return [.. ids];
    }

    public int[] Encode(ReadOnlySpan<byte> utf8, bool addSpecial = true, bool parseSpecial = true) =>
        Encode(Encoding.UTF8.GetString(utf8), addSpecial, parseSpecial);

    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true)
    {
        var bytes = new List<byte>();
        foreach (var id in ids)
            if (id < 256 || !skipSpecial) bytes.AddRange(TokenBytes(id));
        return Encoding.UTF8.GetString([.. bytes]);
    }

    public ReadOnlySpan<byte> TokenBytes(int id) => id < 256 ? new[] { (byte)id } : Encoding.UTF8.GetBytes(specials[id - 256]);

    public int? IdOf(string token) => Array.IndexOf(specials, token) is var index and >= 0 ? 256 + index : null;
}

using System.Text;
using Moesaic.Text;

namespace Moesaic.Bench;

/// <summary>
/// A vocabulary as large ones of byte-level BPE are: the bytes, words of several scripts with and without a space before them,
/// numbers of up to three digits, white space, and what code has of brackets and quotes.
/// </summary>
sealed class SyntheticVocabulary : ITokenizer
{
    static readonly string[] Syllables =
        ["an", "be", "con", "der", "ed", "for", "ing", "ly", "men", "no", "or", "pre", "qu", "re", "st", "tion", "un", "ver", "wa", "x", "y", "s", "a", "i"];

    readonly byte[][] tokens;

    public SyntheticVocabulary(int size)
    {
        var random = new Random(7);
        var known = new HashSet<string>(StringComparer.Ordinal);
        var words = new List<byte[]>(Enumerable.Range(0, 256).Select(b => new[] { (byte)b }));
        for (var number = 10; number < 1000; number++) Add(number.ToString(System.Globalization.CultureInfo.InvariantCulture));
        for (var run = 2; run <= 64; run++) Add(new string(' ', run));
        while (words.Count < size - 1) Add(random.Next(20) switch
        {
            < 11 => (random.Next(2) == 0 ? " " : "") + Latin(random),
            < 15 => string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => char.ConvertFromUtf32(random.Next(0x4E00, 0x9FA5)))),
            < 17 => (random.Next(2) == 0 ? " " : "") + string.Concat(Enumerable.Range(0, random.Next(2, 9)).Select(_ => (char)random.Next(0x430, 0x450))),
            < 18 => Marks(random) + Latin(random),
            _ => Marks(random) + Marks(random),
        });
        tokens = [.. words, []];

        void Add(string text)
        {
            if (known.Add(text)) words.Add(Encoding.UTF8.GetBytes(text));
        }
    }

    public int VocabularySize => tokens.Length;

    public int? BosId => null;

    public int? EosId => tokens.Length - 1;

    public int? PadId => null;

    public IReadOnlySet<int> SpecialIds => new HashSet<int> { tokens.Length - 1 };

    public int[] Encode(string text, bool addSpecial = true, bool parseSpecial = true) => throw new NotSupportedException("only for its bytes");

    public int[] Encode(ReadOnlySpan<byte> utf8, bool addSpecial = true, bool parseSpecial = true) => throw new NotSupportedException("only for its bytes");

    public int[] EncodeAround(string text, IReadOnlyList<Range> given) => throw new NotSupportedException("only for its bytes");

    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true) => throw new NotSupportedException("only for its bytes");

    public ReadOnlySpan<byte> TokenBytes(int id) => tokens[id];

    public int? IdOf(string token) => null;

    static string Latin(Random random)
    {
        var word = string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => Syllables[random.Next(Syllables.Length)]));
        return random.Next(4) == 0 ? char.ToUpperInvariant(word[0]) + word[1..] : word;
    }

    static string Marks(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => "\"\"\"',.:;(){}[]<>=+-*/\\!?_ \n\t#&|"[random.Next(31)]));
}

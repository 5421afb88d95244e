using System.Text;
using Moesaic.Text.Tokenizers;

namespace Moesaic.Text;

/// <summary>
/// Decodes tokens as they arrive. Never returns half a character: bytes wait until they are a character, and a run of
/// byte-fallback tokens waits for its end. All returned pieces joined equal <see cref="ITokenizer.Decode"/> of all ids.
/// For one sequence and one thread.
/// </summary>
/// <param name="tokenizer">The tokenizer the ids belong to.</param>
/// <param name="skipSpecial">Leave special tokens out of the text.</param>
public sealed class StreamingDecoder(ITokenizer tokenizer, bool skipSpecial = true)
{
    readonly StringBuilder text = new();
    readonly IReadOnlySet<int> skipped = skipSpecial ? tokenizer.SpecialIds : new HashSet<int>();
    ITokenStream? stream;

    /// <summary>The text that became certain with this token; often empty.</summary>
    public string Push(int id) => skipped.Contains(id) ? "" : Show(id);

    /// <summary>As <see cref="Push"/>, but the name of a special token is text in any case.</summary>
    public string Show(int id)
    {
        stream ??= Open();
        stream.Push(id);
        return Take();
    }

    /// <summary>The rest: incomplete bytes become U+FFFD. Afterwards the decoder is ready for a new sequence.</summary>
    public string Flush()
    {
        (stream ?? Open()).Finish();
        stream = null;
        return Take();
    }

    ITokenStream Open() => tokenizer is IStreamDecodable decodable
        ? decodable.OpenStream(text, skipSpecial: false)
        : new ByteTokenStream(tokenizer, text, skipSpecial: false);

    string Take()
    {
        if (text.Length == 0) return "";
        var piece = text.ToString();
        text.Clear();
        return piece;
    }
}

using Moesaic.Methods.Reports;
using Moesaic.Text;

namespace Moesaic.Methods.Evaluation.Routes;

/// <summary>What tokens look like, see <see cref="VisibleText"/>.</summary>
/// <param name="tokenizer">The model's.</param>
sealed class TokenNames(ITokenizer tokenizer)
{
    /// <summary>"␣the": by itself, with its spaces; #123 for an id without text.</summary>
    public string Alone(int id)
    {
        var bytes = Bytes(id);
        return bytes.IsEmpty ? FormattableString.Invariant($"#{id}") : VisibleText.Of(bytes, spaces: true);
    }

    /// <summary>" the": among others; one that ends lines is followed by a line end.</summary>
    public string InText(int id)
    {
        var bytes = Bytes(id);
        return VisibleText.Of(bytes) + (bytes.Contains((byte)'\n') ? "\n" : "");
    }

    ReadOnlySpan<byte> Bytes(int id) => id < tokenizer.VocabularySize ? tokenizer.TokenBytes(id) : [];
}

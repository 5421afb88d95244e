using System.Text;
using System.Text.Unicode;
using Moesaic.Text;

namespace Moesaic.Server.Answers;

/// <summary>Single tokens as text.</summary>
static class TokenText
{
    /// <summary>The text of a token; bytes that are no text by themselves as OpenAI writes them, <c>bytes:\xe2\x80</c>.</summary>
    public static string Of(int id, ITokenizer tokenizer)
    {
        var bytes = tokenizer.TokenBytes(id);
        if (Utf8.IsValid(bytes)) return Encoding.UTF8.GetString(bytes);
        var text = new StringBuilder("bytes:");
        foreach (var b in bytes) text.Append("\\x").Append(Convert.ToHexStringLower([b]));
        return text.ToString();
    }

    /// <summary>A log-probability that JSON can hold; −∞ is −9999, as OpenAI writes it.</summary>
    public static float LogProbability(float value) => float.IsNegativeInfinity(value) ? -9999 : value;
}

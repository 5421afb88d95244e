using System.Text;

namespace Moesaic.Inference;

/// <summary>Text in JSON as it is written here: escaped only where it must be.</summary>
static class JsonText
{
    /// <summary>The UTF-8 of a string with its quotes.</summary>
    public static byte[] Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            if (ByteSequences.Escape(c) is { } escape) quoted.Append(escape);
            else quoted.Append(c);
        }
        return Encoding.UTF8.GetBytes(quoted.Append('"').ToString());
    }
}

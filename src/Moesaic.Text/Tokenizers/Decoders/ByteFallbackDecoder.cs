using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Moesaic.Text.Tokenizers;

/// <summary>
/// Runs of byte tokens (<c>&lt;0xE2&gt;</c>) back to text. A run that is not valid UTF-8 as a whole becomes U+FFFD for
/// each of its bytes, so it is known only at its end.
/// </summary>
sealed class ByteFallbackDecoder : IDecoder
{
    public ITextSink Open(ITextSink next) => new Link(next);

    /// <summary>The byte a token names, or -1.</summary>
    public static int ByteOf(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
        && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? value
            : -1;

    sealed class Link(ITextSink next) : ITextSink
    {
        readonly List<byte> run = [];
        readonly StringBuilder token = new();
        bool literal;

        public void Begin(bool literal)
        {
            this.literal = literal;
            token.Clear();
        }

        public void Text(ReadOnlySpan<char> text) => token.Append(text);

        public void End()
        {
            var name = token.ToString();
            var value = ByteOf(name);
            if (value >= 0)
            {
                run.Add((byte)value);
                return;
            }
            EndRun();
            next.Begin(literal);
            next.Text(name);
            next.End();
        }

        public void Finish()
        {
            EndRun();
            next.Finish();
        }

        void EndRun()
        {
            if (run.Count == 0) return;
            var bytes = run.ToArray();
            run.Clear();
            var valid = Utf8.IsValid(bytes);
            // A valid run is one token, an invalid one a token for each byte.
            for (var i = 0; i < (valid ? 1 : bytes.Length); i++)
            {
                next.Begin(false);
                next.Text(valid ? Encoding.UTF8.GetString(bytes) : "\uFFFD");
                next.End();
            }
        }
    }
}

using System.Text;

namespace Moesaic.Text.Tokenizers;

/// <summary>
/// Characters of the byte alphabet back to bytes, bytes to text. A token with a character outside the alphabet, and an
/// added token, stands for its own UTF-8.
/// </summary>
sealed class ByteLevelDecoder : IDecoder
{
    public ITextSink Open(ITextSink next) => new Link(next);

    sealed class Link(ITextSink next) : ITextSink
    {
        readonly Utf8Joiner joiner = new();
        readonly StringBuilder token = new();
        readonly StringBuilder text = new();
        bool literal;
        bool begun;

        public void Begin(bool literal)
        {
            this.literal = literal;
            token.Clear();
            if (begun) return;
            begun = true;
            next.Begin(false);
        }

        public void Text(ReadOnlySpan<char> text) => token.Append(text);

        public void End()
        {
            joiner.Append(ByteAlphabet.ToBytes(token.ToString(), literal), text);
            Pass();
        }

        public void Finish()
        {
            if (begun)
            {
                joiner.Finish(text);
                Pass();
                next.End();
            }
            next.Finish();
        }

        void Pass()
        {
            if (text.Length > 0) next.Text(text.ToString());
            text.Clear();
        }
    }
}

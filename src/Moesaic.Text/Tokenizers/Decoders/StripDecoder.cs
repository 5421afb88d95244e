using System.Text;

namespace Moesaic.Text.Tokenizers;

/// <summary>Takes up to so many of a character off the start and the end of each token.</summary>
sealed class StripDecoder(char content, int start, int stop) : IDecoder
{
    public ITextSink Open(ITextSink next) => new Link(next, content, start, stop);

    sealed class Link(ITextSink next, char content, int start, int stop) : ITextSink
    {
        readonly StringBuilder passed = new();
        int toDrop;
        int held;   // the character's repetitions at the end so far; they are dropped if the token ends here

        public void Begin(bool literal)
        {
            (toDrop, held) = (start, 0);
            next.Begin(literal);
        }

        public void Text(ReadOnlySpan<char> text)
        {
            foreach (var c in text)
            {
                if (c == content && toDrop > 0)
                {
                    toDrop--;
                }
                else if (c == content && held < stop)
                {
                    held++;
                }
                else if (c == content)
                {
                    passed.Append(c);   // the hold is full: the oldest repetition is certain, this one takes its place
                }
                else
                {
                    passed.Append(content, held).Append(c);
                    (toDrop, held) = (0, 0);
                }
            }
            if (passed.Length == 0) return;
            next.Text(passed.ToString());
            passed.Clear();
        }

        public void End() => next.End();

        public void Finish() => next.Finish();
    }
}

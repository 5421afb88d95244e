namespace Moesaic.Text.Tokenizers;

/// <summary>One decoder after another.</summary>
sealed class DecoderSequence(IReadOnlyList<IDecoder> decoders) : IDecoder
{
    public ITextSink Open(ITextSink next)
    {
        for (var i = decoders.Count - 1; i >= 0; i--) next = decoders[i].Open(next);
        return next;
    }
}

/// <summary>Makes one token of all.</summary>
sealed class FuseDecoder : IDecoder
{
    public ITextSink Open(ITextSink next) => new Link(next);

    sealed class Link(ITextSink next) : ITextSink
    {
        bool begun;

        public void Begin(bool literal)
        {
            if (begun) return;
            begun = true;
            next.Begin(false);
        }

        public void Text(ReadOnlySpan<char> text) => next.Text(text);

        public void End() { }

        public void Finish()
        {
            if (begun) next.End();
            next.Finish();
        }
    }
}

/// <summary>What a tokenizer without a decoder does: tokens with a space between.</summary>
sealed class SpacedDecoder : IDecoder
{
    public ITextSink Open(ITextSink next) => new Link(next);

    sealed class Link(ITextSink next) : ITextSink
    {
        bool begun;

        public void Begin(bool literal)
        {
            next.Begin(literal);
            if (begun) next.Text(" ");
            begun = true;
        }

        public void Text(ReadOnlySpan<char> text) => next.Text(text);

        public void End() => next.End();

        public void Finish() => next.Finish();
    }
}

/// <summary>
/// The mark of a Metaspace back to a space; in the first token it vanishes when the encoder may have put it there.
/// </summary>
sealed class MetaspaceDecoder(char mark, bool prepended) : IDecoder
{
    public ITextSink Open(ITextSink next) => new Link(next, mark, prepended);

    sealed class Link(ITextSink next, char mark, bool prepended) : ITextSink
    {
        int tokens;

        public void Begin(bool literal)
        {
            tokens++;
            next.Begin(literal);
        }

        public void Text(ReadOnlySpan<char> text) =>
            next.Text(text.ToString().Replace(mark.ToString(), prepended && tokens == 1 ? "" : " ", StringComparison.Ordinal));

        public void End() => next.End();

        public void Finish() => next.Finish();
    }
}

/// <summary>Replaces matches of a pattern in each token.</summary>
/// <param name="pattern">What to replace.</param>
/// <param name="content">By what.</param>
/// <param name="single">Whether matches are single characters, so that a token need not be complete to be rewritten.</param>
sealed class ReplaceDecoder(Pattern pattern, string content, bool single) : IDecoder
{
    public ITextSink Open(ITextSink next) => new Link(next, pattern, content, single);

    sealed class Link(ITextSink next, Pattern pattern, string content, bool single) : TokenLink(next)
    {
        public override void Text(ReadOnlySpan<char> text)
        {
            if (single) Next.Text(pattern.Replace(text.ToString(), content));
            else base.Text(text);
        }

        protected override void Complete(string token)
        {
            if (single) return;
            Next.Text(pattern.Replace(token, content));
        }
    }
}

using System.Text;

namespace Moesaic.Text.Tokenizers;

/// <summary>A link that needs a token whole.</summary>
abstract class TokenLink(ITextSink next) : ITextSink
{
    readonly StringBuilder token = new();

    protected ITextSink Next => next;

    public virtual void Begin(bool literal)
    {
        token.Clear();
        next.Begin(literal);
    }

    public virtual void Text(ReadOnlySpan<char> text) => token.Append(text);

    public virtual void End()
    {
        Complete(token.ToString());
        next.End();
    }

    public virtual void Finish() => next.Finish();

    /// <summary>Passes on what becomes of the token's text.</summary>
    protected abstract void Complete(string token);
}

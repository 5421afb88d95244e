using Moesaic.Formats;

namespace Moesaic.Text.Jinja.Syntax;

/// <summary>The tokens of a template with one place to look at, and the depth of what is being parsed.</summary>
sealed class TokenStream(TemplateSource source)
{
    const int MaxDepth = 100;

    readonly List<Token> tokens = Lexer.Tokenize(source);
    int at;
    int depth;

    public Token Current => tokens[at];

    public Token Ahead => tokens[Math.Min(at + 1, tokens.Count - 1)];

    public Token Next()
    {
        var token = tokens[at];
        if (token.Kind != TokenKind.End) at++;
        return token;
    }

    public bool SkipName(string name) => Skip(Current.IsName(name));

    public bool SkipOperator(string symbol) => Skip(Current.IsOperator(symbol));

    public Token Expect(TokenKind kind, string what) =>
        Current.Kind == kind ? Next() : throw Fault($"expected {what}, got {Current.Describe()}.");

    public void ExpectOperator(string symbol)
    {
        if (!SkipOperator(symbol)) throw Fault($"expected '{symbol}', got {Current.Describe()}.");
    }

    public void ExpectName(string name)
    {
        if (!SkipName(name)) throw Fault($"expected '{name}', got {Current.Describe()}.");
    }

    public BadModelException Fault(string message) => Fault(message, Current.At);

    public BadModelException Fault(string message, int place) => source.Fault(message, place);

    public void Enter()
    {
        if (++depth > MaxDepth) throw Fault($"expressions or blocks are nested deeper than {MaxDepth}.");
    }

    public void Leave() => depth--;

    bool Skip(bool matches)
    {
        if (matches) at++;
        return matches;
    }
}

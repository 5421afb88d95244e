namespace Moesaic.Text.Jinja.Syntax;

enum TokenKind
{
    Data,
    BlockBegin,
    BlockEnd,
    OutputBegin,
    OutputEnd,
    Name,
    String,
    Integer,
    Float,
    Operator,
    End,
}

/// <summary>A token; <paramref name="At"/> is its offset in the source.</summary>
readonly record struct Token(TokenKind Kind, string Text, int At)
{
    public bool IsName(string name) => Kind == TokenKind.Name && Text == name;

    public bool IsOperator(string symbol) => Kind == TokenKind.Operator && Text == symbol;

    public string Describe() => Kind switch
    {
        TokenKind.End => "the end of the template",
        TokenKind.BlockEnd => "'%}'",
        TokenKind.OutputEnd => "'}}'",
        TokenKind.String => "a string",
        _ => $"'{Text}'",
    };
}

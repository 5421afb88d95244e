using Moesaic.Text.Jinja.Values;

namespace Moesaic.Text.Jinja.Syntax;

/// <summary>
/// Cuts a template into text and tags, and tags into tokens, with Jinja's trim_blocks (the line end after a block or
/// comment goes) and lstrip_blocks (the blanks before a block or comment that begins its line go).
/// </summary>
sealed class Lexer
{
    readonly TemplateSource source;
    readonly string text;
    readonly List<Token> tokens = [];
    int at;
    bool lineStarts = true;

    Lexer(TemplateSource source) => (this.source, text) = (source, source.Text);

    public static List<Token> Tokenize(TemplateSource source)
    {
        var lexer = new Lexer(source);
        while (lexer.at < lexer.text.Length) lexer.ReadUpToTag();
        lexer.Add(TokenKind.End, "", lexer.at);
        return lexer.tokens;
    }

    void ReadUpToTag()
    {
        var open = at;
        do open = text.IndexOf('{', open);
        while (open >= 0 && !(open + 1 < text.Length && text[open + 1] is '%' or '{' or '#') && ++open > 0);
        if (open < 0)
        {
            Add(TokenKind.Data, text[at..], at);
            at = text.Length;
            return;
        }
        var kind = text[open + 1];
        var sign = SignAt(open + 2);
        AddData(at, open, sign, strip: kind != '{');
        at = open + (sign == ' ' ? 2 : 3);
        switch (kind)
        {
            case '#':
                ReadComment(open);
                break;
            case '{':
                Add(TokenKind.OutputBegin, "{{", open);
                ReadTag("}}", TokenKind.OutputEnd, open);
                break;
            default:
                if (TryReadRaw(open)) break;
                Add(TokenKind.BlockBegin, "{%", open);
                ReadTag("%}", TokenKind.BlockEnd, open);
                break;
        }
    }

    void AddData(int start, int end, char sign, bool strip)
    {
        var data = text[start..end];
        if (sign == '-') data = PythonText.Strip(data, null, left: false, right: true);
        else if (strip && sign != '+')
        {
            var line = data.LastIndexOf('\n') + 1;
            if ((line > 0 || lineStarts) && PythonText.IsSpace(data.AsSpan(line))) data = data[..line];
        }
        if (data.Length > 0) Add(TokenKind.Data, data, start);
    }

    void ReadComment(int open)
    {
        var close = text.IndexOf("#}", at, StringComparison.Ordinal);
        if (close < 0) throw source.Fault("a comment begins here that is never closed with '#}'.", open);
        // The sign that keeps or drops white space is the character before the end, unless that is part of the opening.
        var sign = close > at ? SignAt(close - 1) : ' ';
        at = close + 2;
        EndOfTag(sign, trims: true);
    }

    bool TryReadRaw(int open)
    {
        if (!TryReadWordTag("raw", at, trims: false, out var start)) return false;
        for (var search = start; ;)
        {
            var end = text.IndexOf("{%", search, StringComparison.Ordinal);
            if (end < 0) throw source.Fault("a raw block begins here that is never closed with '{% endraw %}'.", open);
            var sign = SignAt(end + 2);
            if (TryReadWordTag("endraw", end + (sign == ' ' ? 2 : 3), trims: true, out var after))
            {
                lineStarts = text[start - 1] == '\n';
                AddData(start, end, sign, strip: true);
                at = after;
                lineStarts = text[at - 1] == '\n';
                return true;
            }
            search = end + 2;
        }
    }

    /// <summary>Recognises the rest of a tag that holds one word, such as <c>raw</c>.</summary>
    bool TryReadWordTag(string word, int from, bool trims, out int after)
    {
        after = SkipSpace(from);
        if (string.CompareOrdinal(text, after, word, 0, word.Length) != 0) return false;
        after = SkipSpace(after + word.Length);
        var sign = SignAt(after);
        if (sign == '+' && !trims) return false;
        if (sign != ' ') after++;
        if (string.CompareOrdinal(text, after, "%}", 0, 2) != 0) return false;
        after += 2;
        if (sign == '-') after = SkipSpace(after);
        else if (trims && sign == ' ' && after < text.Length && text[after] == '\n') after++;
        return true;
    }

    void ReadTag(string close, TokenKind closeKind, int open)
    {
        var brackets = new Stack<char>();
        while (true)
        {
            at = SkipSpace(at);
            if (at >= text.Length) throw source.Fault($"a tag begins here that is never closed with '{close}'.", open);
            if (brackets.Count == 0 && IsClose(close, out var sign))
            {
                Add(closeKind, close, at);
                at += sign == ' ' ? 2 : 3;
                EndOfTag(sign, trims: closeKind == TokenKind.BlockEnd);
                return;
            }
            var token = TokenReader.Read(source, at, out at);
            if (token.Kind == TokenKind.Operator) Balance(brackets, token);
            tokens.Add(token);
        }
    }

    bool IsClose(string close, out char sign)
    {
        sign = SignAt(at);
        if (sign == '+' && close == "}}") sign = ' ';
        return string.CompareOrdinal(text, at + (sign == ' ' ? 0 : 1), close, 0, 2) == 0;
    }

    void Balance(Stack<char> brackets, Token token)
    {
        var symbol = token.Text[0];
        if (symbol is '(' or '[' or '{') brackets.Push(symbol == '(' ? ')' : (char)(symbol + 2));
        if (symbol is not (')' or ']' or '}')) return;
        if (!brackets.TryPop(out var expected)) throw source.Fault($"'{symbol}' closes nothing.", token.At);
        if (expected != symbol) throw source.Fault($"'{symbol}' stands where '{expected}' is expected.", token.At);
    }

    void EndOfTag(char sign, bool trims)
    {
        if (sign == '-') at = SkipSpace(at);
        else if (trims && sign == ' ' && at < text.Length && text[at] == '\n') at++;
        lineStarts = text[at - 1] == '\n';
    }

    char SignAt(int index) => index < text.Length && text[index] is '-' or '+' ? text[index] : ' ';

    int SkipSpace(int index)
    {
        while (index < text.Length && PythonText.IsSpace(text[index])) index++;
        return index;
    }

    void Add(TokenKind kind, string value, int start) => tokens.Add(new Token(kind, value, start));
}

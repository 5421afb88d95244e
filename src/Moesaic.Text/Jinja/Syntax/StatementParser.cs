using Moesaic.Formats;

namespace Moesaic.Text.Jinja.Syntax;

/// <summary>Parses a template into statements.</summary>
sealed class StatementParser
{
    readonly TokenStream tokens;
    readonly ExpressionParser expressions;
    int loops;

    public StatementParser(TemplateSource source)
    {
        tokens = new TokenStream(source);
        expressions = new ExpressionParser(tokens);
    }

    /// <summary>Whether a generation block has been met.</summary>
    public bool HasGeneration { get; private set; }

    /// <exception cref="BadModelException">The template is not of the supported language.</exception>
    public IReadOnlyList<Statement> Template() => Body(0, []);

    /// <summary>Statements up to a tag whose first word ends the body; that word is the current token then.</summary>
    List<Statement> Body(int opened, ReadOnlySpan<string> ends)
    {
        tokens.Enter();
        var body = new List<Statement>();
        while (true)
        {
            var token = tokens.Next();
            switch (token.Kind)
            {
                case TokenKind.Data:
                    body.Add(new Data(token.At, token.Text));
                    break;
                case TokenKind.OutputBegin:
                    body.Add(new Output(token.At, expressions.Tuple()));
                    tokens.Expect(TokenKind.OutputEnd, "'}}'");
                    break;
                case TokenKind.BlockBegin when tokens.Current.Kind == TokenKind.Name && ends.Contains(tokens.Current.Text):
                    tokens.Leave();
                    return body;
                case TokenKind.BlockBegin:
                    body.Add(Block(token.At));
                    tokens.Expect(TokenKind.BlockEnd, "'%}'");
                    break;
                case TokenKind.End when ends.IsEmpty:
                    tokens.Leave();
                    return body;
                default:
                    throw tokens.Fault($"a block begins here that is never closed with '{ends[^1]}'.", opened);
            }
        }
    }

    List<Statement> BodyAfterTag(int at, params ReadOnlySpan<string> ends)
    {
        tokens.Expect(TokenKind.BlockEnd, "'%}'");
        return Body(at, ends);
    }

    List<Statement> BodyToEnd(int at, string end)
    {
        var body = BodyAfterTag(at, end);
        tokens.Next();
        return body;
    }

    /// <summary>
    /// The body of something that is called: a loop around it can not be left from within, and the signature learns which
    /// of the names that callers bind by themselves it reads.
    /// </summary>
    List<Statement> CalledBody(int at, string end, ref Signature signature)
    {
        var (around, read) = (loops, expressions.Read.Count);
        loops = 0;
        var body = BodyToEnd(at, end);
        loops = around;
        var names = expressions.Read.Skip(read).Where(name => name is "caller" or "varargs" or "kwargs");
        signature = signature with { Implicit = names.ToHashSet(StringComparer.Ordinal) };
        return body;
    }

    Statement Block(int at)
    {
        var word = tokens.Expect(TokenKind.Name, "the name of a statement");
        switch (word.Text)
        {
            case "if": return If(at);
            case "for": return For(at);
            case "set": return Set(at);
            case "macro": return Macro(at);
            case "call": return CallBlock(at);
            case "with": return With(at);
            case "filter": return new FilterBlock(at, expressions.FilterChain(), BodyToEnd(at, "endfilter"));
            case "generation": return Generation(at);
            case "break" when loops > 0: return new Break(at);
            case "continue" when loops > 0: return new Continue(at);
            case "break" or "continue": throw tokens.Fault($"'{word.Text}' stands outside of a loop.", word.At);
            default:
                throw tokens.Fault($"'{word.Text}' is no statement that belongs here; supported are if, for, set, macro, " +
                    "call, with, filter, raw, break, continue and generation.", word.At);
        }
    }

    Generation Generation(int at)
    {
        HasGeneration = true;
        var unused = new Signature([]);
        return new Generation(at, CalledBody(at, "endgeneration", ref unused));
    }

    If If(int at)
    {
        var branches = new List<(Expression?, IReadOnlyList<Statement>)>();
        while (true)
        {
            var test = expressions.Tuple(conditional: false);
            branches.Add((test, BodyAfterTag(at, "elif", "else", "endif")));
            var word = tokens.Next().Text;
            if (word == "elif") continue;
            if (word == "else") branches.Add((null, BodyToEnd(at, "endif")));
            return new If(at, branches);
        }
    }

    For For(int at)
    {
        var target = TargetOf(allowNamespace: false);
        tokens.ExpectName("in");
        var items = expressions.Tuple(conditional: false);
        var condition = tokens.SkipName("if") ? expressions.Expression() : null;
        var recursive = tokens.SkipName("recursive");
        loops++;
        var body = BodyAfterTag(at, "else", "endfor");
        loops--;
        IReadOnlyList<Statement> otherwise = tokens.Next().Text == "else" ? BodyToEnd(at, "endfor") : [];
        return new For(at, target, items, condition, recursive, body, otherwise);
    }

    Statement Set(int at)
    {
        var target = TargetOf(allowNamespace: true);
        if (tokens.SkipOperator("=")) return new Set(at, target, expressions.Tuple());
        var filters = tokens.SkipOperator("|") ? expressions.FilterChain() : null;
        return new SetBlock(at, target, filters, BodyToEnd(at, "endset"));
    }

    MacroDefinition Macro(int at)
    {
        var name = tokens.Expect(TokenKind.Name, "the name of the macro").Text;
        var signature = Parameters();
        var body = CalledBody(at, "endmacro", ref signature);
        return new MacroDefinition(at, name, signature, body);
    }

    CallBlock CallBlock(int at)
    {
        var signature = tokens.Current.IsOperator("(") ? Parameters() : new Signature([]);
        if (expressions.Expression() is not Call call) throw tokens.Fault("a call block needs a call.", at);
        var body = CalledBody(at, "endcall", ref signature);
        return new CallBlock(at, call, signature, body);
    }

    With With(int at)
    {
        var variables = new List<(Target, Expression)>();
        while (tokens.Current.Kind != TokenKind.BlockEnd)
        {
            if (variables.Count > 0) tokens.ExpectOperator(",");
            var target = SingleTarget(allowNamespace: false);
            tokens.ExpectOperator("=");
            variables.Add((target, expressions.Expression()));
        }
        return new With(at, variables, BodyToEnd(at, "endwith"));
    }

    Signature Parameters()
    {
        var parameters = new List<(string, Expression?)>();
        tokens.ExpectOperator("(");
        while (!tokens.SkipOperator(")"))
        {
            if (parameters.Count > 0) tokens.ExpectOperator(",");
            var name = tokens.Expect(TokenKind.Name, "the name of a parameter");
            var value = tokens.SkipOperator("=") ? expressions.Expression() : null;
            if (value is null && parameters.Count > 0 && parameters[^1].Item2 is not null)
                throw tokens.Fault("a parameter without default follows one with a default.", name.At);
            parameters.Add((name.Text, value));
        }
        return new Signature(parameters);
    }

    Target TargetOf(bool allowNamespace)
    {
        var first = SingleTarget(allowNamespace);
        if (!tokens.Current.IsOperator(",")) return first;
        var items = new List<Target> { first };
        while (tokens.SkipOperator(",") && !tokens.Current.IsName("in") && !tokens.Current.IsOperator("=") && !tokens.Current.IsOperator(")"))
            items.Add(SingleTarget(allowNamespace));
        return new TupleTarget(first.At, items);
    }

    Target SingleTarget(bool allowNamespace)
    {
        tokens.Enter();
        try
        {
            if (tokens.SkipOperator("("))
            {
                var inner = TargetOf(allowNamespace);
                tokens.ExpectOperator(")");
                return inner;
            }
            var name = tokens.Expect(TokenKind.Name, "a name to assign to");
            if (name.Text is "true" or "false" or "none" or "True" or "False" or "None")
                throw tokens.Fault($"'{name.Text}' can not be assigned to.", name.At);
            return allowNamespace && tokens.SkipOperator(".")
                ? new NamespaceTarget(name.At, name.Text, tokens.Expect(TokenKind.Name, "the name of an attribute").Text)
                : new NameTarget(name.At, name.Text);
        }
        finally
        {
            tokens.Leave();
        }
    }
}

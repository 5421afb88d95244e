using System.Globalization;

namespace Moesaic.Text.Jinja.Syntax;

/// <summary>
/// Recursive descent with Jinja's precedences, loosest first: inline if, or, and, not, comparison, + and -, ~, * / // %,
/// **, sign, then filters and tests, which bind tighter than any operator.
/// </summary>
sealed class ExpressionParser(TokenStream tokens)
{
    static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];

    /// <summary>The names of variables read so far, in order.</summary>
    public List<string> Read { get; } = [];

    public Expression Expression()
    {
        tokens.Enter();
        var value = Or();
        while (tokens.Current.IsName("if"))
        {
            var at = tokens.Next().At;
            var test = Or();
            value = new Conditional(at, test, value, tokens.SkipName("else") ? Expression() : null);
        }
        tokens.Leave();
        return value;
    }

    /// <summary>One expression, or several separated by commas, which make a tuple.</summary>
    /// <param name="conditional">False where a following <c>if</c> belongs to the statement.</param>
    /// <param name="allowEmpty">True within parentheses.</param>
    public Expression Tuple(bool conditional = true, bool allowEmpty = false)
    {
        var at = tokens.Current.At;
        var items = new List<Expression>();
        while (!IsTupleEnd())
        {
            items.Add(conditional ? Expression() : Or());
            if (!tokens.SkipOperator(",")) return items.Count == 1 ? items[0] : new TupleOf(at, items);
        }
        if (items.Count == 0 && !allowEmpty) throw tokens.Fault($"expected an expression, got {tokens.Current.Describe()}.");
        return new TupleOf(at, items);
    }

    bool IsTupleEnd() => tokens.Current is { Kind: TokenKind.OutputEnd or TokenKind.BlockEnd or TokenKind.End }
        || tokens.Current.IsOperator(")") || tokens.Current.IsName("recursive");

    Expression Or()
    {
        var left = And();
        while (tokens.Current.IsName("or")) left = new Or(tokens.Next().At, left, And());
        return left;
    }

    Expression And()
    {
        var left = Not();
        while (tokens.Current.IsName("and")) left = new And(tokens.Next().At, left, Not());
        return left;
    }

    Expression Not()
    {
        if (!tokens.Current.IsName("not")) return Compare();
        tokens.Enter();
        var negation = new Not(tokens.Next().At, Not());
        tokens.Leave();
        return negation;
    }

    Expression Compare()
    {
        var first = Sum();
        var rest = new List<(string, Expression)>();
        while (true)
        {
            var token = tokens.Current;
            if (token.Kind == TokenKind.Operator && Comparisons.Contains(token.Text, StringComparer.Ordinal))
            {
                tokens.Next();
                rest.Add((token.Text, Sum()));
            }
            else if (tokens.SkipName("in")) rest.Add(("in", Sum()));
            else if (token.IsName("not") && tokens.Ahead.IsName("in"))
            {
                tokens.Next();
                tokens.Next();
                rest.Add(("notin", Sum()));
            }
            else return rest.Count == 0 ? first : new Comparison(first.At, first, rest);
        }
    }

    Expression Sum() => Chain(Concatenation, "+", "-");

    Expression Concatenation()
    {
        var first = Product();
        if (!tokens.Current.IsOperator("~")) return first;
        var parts = new List<Expression> { first };
        while (tokens.SkipOperator("~")) parts.Add(Product());
        return new Concatenation(first.At, parts);
    }

    Expression Product() => Chain(Power, "*", "/", "//", "%");

    Expression Power() => Chain(() => Unary(), "**");

    Expression Chain(Func<Expression> operand, params ReadOnlySpan<string> operators)
    {
        var left = operand();
        while (tokens.Current.Kind == TokenKind.Operator && operators.Contains(tokens.Current.Text))
        {
            var symbol = tokens.Next();
            left = new Arithmetic(symbol.At, symbol.Text, left, operand());
        }
        return left;
    }

    Expression Unary(bool withFilters = true)
    {
        tokens.Enter();
        var at = tokens.Current.At;
        Expression value = tokens.SkipOperator("-") ? new Sign(at, true, Unary(withFilters: false))
            : tokens.SkipOperator("+") ? new Sign(at, false, Unary(withFilters: false))
            : Primary();
        value = Postfix(value);
        if (withFilters) value = Filters(value);
        tokens.Leave();
        return value;
    }

    Expression Primary()
    {
        var token = tokens.Next();
        switch (token.Kind)
        {
            case TokenKind.Name:
                Read.Add(token.Text);
                return token.Text switch
                {
                    "true" or "True" => new Literal(token.At, true),
                    "false" or "False" => new Literal(token.At, false),
                    "none" or "None" => new Literal(token.At, null),
                    _ => new Variable(token.At, token.Text),
                };
            case TokenKind.String:
                var text = token.Text;
                while (tokens.Current.Kind == TokenKind.String) text += tokens.Next().Text;
                return new Literal(token.At, text);
            case TokenKind.Integer:
                return long.TryParse(token.Text, CultureInfo.InvariantCulture, out var integer)
                    ? new Literal(token.At, integer)
                    : throw tokens.Fault("an integer must fit 64 bits.", token.At);
            case TokenKind.Float:
                return new Literal(token.At, double.Parse(token.Text, CultureInfo.InvariantCulture));
            case TokenKind.Operator when token.Text == "(":
                var inner = Tuple(allowEmpty: true);
                tokens.ExpectOperator(")");
                return inner;
            case TokenKind.Operator when token.Text == "[":
                return new ListOf(token.At, UpTo("]", Expression));
            case TokenKind.Operator when token.Text == "{":
                return new DictOf(token.At, UpTo("}", Pair));
            default:
                throw tokens.Fault($"expected an expression, got {token.Describe()}.", token.At);
        }
    }

    (Expression, Expression) Pair()
    {
        var key = Expression();
        tokens.ExpectOperator(":");
        return (key, Expression());
    }

    List<T> UpTo<T>(string close, Func<T> item)
    {
        var items = new List<T>();
        while (!tokens.SkipOperator(close))
        {
            if (items.Count > 0)
            {
                tokens.ExpectOperator(",");
                if (tokens.SkipOperator(close)) break;
            }
            items.Add(item());
        }
        return items;
    }

    Expression Postfix(Expression value)
    {
        while (true)
        {
            var at = tokens.Current.At;
            if (tokens.SkipOperator(".")) value = Member(value, at);
            else if (tokens.SkipOperator("[")) value = new Subscript(at, value, Index());
            else if (tokens.Current.IsOperator("(")) value = new Call(at, value, Arguments());
            else return value;
        }
    }

    Expression Member(Expression target, int at)
    {
        if (tokens.Current.Kind != TokenKind.Integer)
            return new Attribute(at, target, tokens.Expect(TokenKind.Name, "a name or a number").Text);
        var index = tokens.Next();
        return long.TryParse(index.Text, CultureInfo.InvariantCulture, out var number)
            ? new Subscript(at, target, new Literal(index.At, number))
            : throw tokens.Fault("an integer must fit 64 bits.", index.At);
    }

    Expression Index()
    {
        var at = tokens.Current.At;
        var items = UpTo("]", Subscribed);
        return items.Count switch
        {
            0 => throw tokens.Fault("a subscript needs an index.", at),
            1 => items[0],
            _ => new TupleOf(at, items),
        };
    }

    Expression Subscribed()
    {
        var at = tokens.Current.At;
        var start = tokens.Current.IsOperator(":") ? null : Expression();
        if (!tokens.SkipOperator(":")) return start!;
        var stop = EndsSlice() || tokens.Current.IsOperator(":") ? null : Expression();
        var step = tokens.SkipOperator(":") && !EndsSlice() ? Expression() : null;
        return new Slice(at, start, stop, step);
    }

    bool EndsSlice() => tokens.Current.IsOperator("]") || tokens.Current.IsOperator(",");

    public Expression Filters(Expression value)
    {
        while (true)
        {
            var at = tokens.Current.At;
            if (tokens.SkipOperator("|")) value = FilterOf(value, at);
            else if (tokens.SkipName("is")) value = TestOf(value, at);
            else if (tokens.Current.IsOperator("(")) value = new Call(at, value, Arguments());
            else return value;
        }
    }

    /// <summary>A filter and those after it, applied to a value that the statement supplies.</summary>
    public Expression FilterChain()
    {
        Expression? chain = null;
        do chain = FilterOf(chain, tokens.Current.At);
        while (tokens.SkipOperator("|"));
        return chain;
    }

    Filter FilterOf(Expression? target, int at)
    {
        var name = DottedName("the name of a filter");
        return new Filter(at, target, name, tokens.Current.IsOperator("(") ? Arguments() : CallArguments.None);
    }

    Expression TestOf(Expression target, int at)
    {
        var negated = tokens.SkipName("not");
        var name = DottedName("the name of a test");
        var arguments = CallArguments.None;
        if (tokens.Current.IsOperator("(")) arguments = Arguments();
        else if (BeginsTestArgument())
        {
            if (tokens.Current.IsName("is")) throw tokens.Fault("tests can not be chained with 'is'.");
            arguments = new CallArguments([Postfix(Primary())], [], null, null);
        }
        var test = new Test(at, target, name, arguments);
        return negated ? new Not(at, test) : test;
    }

    bool BeginsTestArgument() => tokens.Current switch
    {
        { Kind: TokenKind.Name, Text: "else" or "or" or "and" or "if" or "in" or "not" } => false,
        { Kind: TokenKind.Name or TokenKind.String or TokenKind.Integer or TokenKind.Float } => true,
        { Kind: TokenKind.Operator, Text: "[" or "{" } => true,
        _ => false,
    };

    string DottedName(string what)
    {
        var name = tokens.Expect(TokenKind.Name, what).Text;
        while (tokens.SkipOperator(".")) name += "." + tokens.Expect(TokenKind.Name, what).Text;
        return name;
    }

    public CallArguments Arguments()
    {
        tokens.ExpectOperator("(");
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        Expression? spread = null, namedSpread = null;
        UpTo(")", () =>
        {
            var at = tokens.Current.At;
            if (tokens.SkipOperator("**")) namedSpread = Once(namedSpread, at);
            else if (tokens.SkipOperator("*")) spread = Once(spread, at);
            else if (tokens.Current.Kind == TokenKind.Name && tokens.Ahead.IsOperator("="))
            {
                var name = tokens.Next().Text;
                tokens.Next();
                named.Add((name, Expression()));
            }
            else if (named.Count == 0 && spread is null && namedSpread is null) positional.Add(Expression());
            else throw tokens.Fault("a positional argument stands after a named one.", at);
            return at;
        });
        return new CallArguments(positional, named, spread, namedSpread);

        Expression Once(Expression? already, int at) =>
            already is null ? Expression() : throw tokens.Fault("only one * and one ** argument is allowed.", at);
    }
}

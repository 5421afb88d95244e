namespace Moesaic.Text.Jinja.Syntax;

/// <summary>An expression; <paramref name="At"/> is its offset in the source.</summary>
abstract record Expression(int At);

sealed record Literal(int At, object? Value) : Expression(At);

sealed record Variable(int At, string Name) : Expression(At);

sealed record TupleOf(int At, IReadOnlyList<Expression> Items) : Expression(At);

sealed record ListOf(int At, IReadOnlyList<Expression> Items) : Expression(At);

sealed record DictOf(int At, IReadOnlyList<(Expression Key, Expression Value)> Items) : Expression(At);

/// <summary>One of + - * / // % **.</summary>
sealed record Arithmetic(int At, string Operator, Expression Left, Expression Right) : Expression(At);

sealed record Concatenation(int At, IReadOnlyList<Expression> Parts) : Expression(At);

/// <summary>A chain of comparisons: <c>a &lt; b &lt;= c</c>. Operators: == != &lt; &lt;= &gt; &gt;= in notin.</summary>
sealed record Comparison(int At, Expression First, IReadOnlyList<(string Operator, Expression Right)> Rest) : Expression(At);

sealed record And(int At, Expression Left, Expression Right) : Expression(At);

sealed record Or(int At, Expression Left, Expression Right) : Expression(At);

sealed record Not(int At, Expression Operand) : Expression(At);

sealed record Sign(int At, bool Negative, Expression Operand) : Expression(At);

sealed record Conditional(int At, Expression Test, Expression Then, Expression? Else) : Expression(At);

sealed record Attribute(int At, Expression Target, string Name) : Expression(At);

sealed record Subscript(int At, Expression Target, Expression Index) : Expression(At);

sealed record Slice(int At, Expression? Start, Expression? Stop, Expression? Step) : Expression(At);

sealed record Call(int At, Expression Function, CallArguments Arguments) : Expression(At);

/// <summary>A filter; without target it is the filter of a filter or set block, which supplies the value.</summary>
sealed record Filter(int At, Expression? Target, string Name, CallArguments Arguments) : Expression(At);

sealed record Test(int At, Expression Target, string Name, CallArguments Arguments) : Expression(At);

/// <summary>What stands between the parentheses of a call.</summary>
sealed record CallArguments(
    IReadOnlyList<Expression> Positional, IReadOnlyList<(string Name, Expression Value)> Named,
    Expression? Spread, Expression? NamedSpread)
{
    public static CallArguments None { get; } = new([], [], null, null);
}

namespace Moesaic.Text.Jinja.Syntax;

/// <summary>A statement; <paramref name="At"/> is its offset in the source.</summary>
abstract record Statement(int At);

sealed record Data(int At, string Text) : Statement(At);

sealed record Output(int At, Expression Value) : Statement(At);

/// <summary>The first branch whose test holds is executed; an else branch has no test.</summary>
sealed record If(int At, IReadOnlyList<(Expression? Test, IReadOnlyList<Statement> Body)> Branches) : Statement(At);

sealed record For(
    int At, Target Target, Expression Items, Expression? Condition, bool Recursive,
    IReadOnlyList<Statement> Body, IReadOnlyList<Statement> Else) : Statement(At);

sealed record Set(int At, Target Target, Expression Value) : Statement(At);

/// <summary>The output of a body, through filters, becomes a variable.</summary>
sealed record SetBlock(int At, Target Target, Expression? Filters, IReadOnlyList<Statement> Body) : Statement(At);

sealed record FilterBlock(int At, Expression Filters, IReadOnlyList<Statement> Body) : Statement(At);

sealed record With(int At, IReadOnlyList<(Target Target, Expression Value)> Variables, IReadOnlyList<Statement> Body) : Statement(At);

sealed record MacroDefinition(int At, string Name, Signature Signature, IReadOnlyList<Statement> Body) : Statement(At);

/// <summary>A call that may call back the body as <c>caller</c>.</summary>
sealed record CallBlock(int At, Call Call, Signature Signature, IReadOnlyList<Statement> Body) : Statement(At);

/// <summary>What the assistant says: transformers' <c>{% generation %}</c>.</summary>
sealed record Generation(int At, IReadOnlyList<Statement> Body) : Statement(At);

sealed record Break(int At) : Statement(At);

sealed record Continue(int At) : Statement(At);

/// <summary>Parameters in order; those with a default come last.</summary>
sealed record Signature(IReadOnlyList<(string Name, Expression? Default)> Parameters)
{
    /// <summary>Which of <c>caller</c>, <c>varargs</c> and <c>kwargs</c> the body reads; only these are accepted beyond the parameters.</summary>
    public IReadOnlySet<string> Implicit { get; init; } = new HashSet<string>(StringComparer.Ordinal);
}

/// <summary>What is assigned to.</summary>
abstract record Target(int At);

sealed record NameTarget(int At, string Name) : Target(At);

sealed record NamespaceTarget(int At, string Name, string Attribute) : Target(At);

sealed record TupleTarget(int At, IReadOnlyList<Target> Items) : Target(At);

using Moesaic.Text.Jinja.Builtins;
using Moesaic.Text.Jinja.Syntax;
using Moesaic.Text.Jinja.Values;

namespace Moesaic.Text.Jinja.Runtime;

/// <summary>Evaluates the expressions of one rendering.</summary>
sealed class Evaluator(Interpreter interpreter)
{
    readonly Budget budget = interpreter.Budget;

    /// <param name="expression">What to evaluate.</param>
    /// <param name="scope">The variables it sees.</param>
    /// <param name="supplied">The value of a filter chain without target.</param>
    public object? Evaluate(Expression expression, Scope scope, string? supplied = null)
    {
        budget.Enter();
        budget.Step();
        interpreter.At = expression.At;
        var value = expression switch
        {
            Literal literal => literal.Value is string text ? interpreter.Provenance.Own(text) : literal.Value,
            Variable variable => interpreter.Lookup(variable.Name, scope),
            Syntax.Attribute member => Members.Attribute(Operand(member.Target, scope, member), member.Name),
            Subscript { Index: Slice slice } cut => Members.Slice(Evaluate(cut.Target, scope),
                Optional(slice.Start, scope), Optional(slice.Stop, scope), Optional(slice.Step, scope), interpreter),
            Subscript subscript => Subscripted(subscript, scope),
            Arithmetic sum => Arithmetic(sum, scope),
            Concatenation parts => Concatenate(parts, scope),
            Comparison comparison => Compare(comparison, scope),
            And both => Evaluate(both.Left, scope) is var left && Python.IsTrue(left) ? Evaluate(both.Right, scope) : left,
            Or either => Evaluate(either.Left, scope) is var left && Python.IsTrue(left) ? left : Evaluate(either.Right, scope),
            Not negation => !Python.IsTrue(Evaluate(negation.Operand, scope)),
            Sign sign => Operators.Signed(sign.Negative, Operand(sign.Operand, scope, sign)),
            Conditional choice => Choose(choice, scope),
            Filter filter => Filtered(filter, scope, supplied),
            Test test => Tested(test, scope),
            Call call => Call(call, scope, null),
            TupleOf tuple => new PythonTuple(All(tuple.Items, scope)),
            ListOf list => All(list.Items, scope),
            DictOf dict => Dict(dict, scope),
            _ => throw new JinjaFault("a slice stands where no slice can be"),
        };
        budget.Leave();
        return value;
    }

    /// <summary>Calls a function, a macro or a recursive loop; a call block hands over its body as <paramref name="caller"/>.</summary>
    public object? Call(Call call, Scope scope, Function? caller)
    {
        var function = Evaluate(call.Function, scope);
        var arguments = Arguments(call.Arguments, scope, caller);
        interpreter.At = call.At;
        return function switch
        {
            Function known => known.Body(arguments, interpreter),
            LoopState loop => loop.Recurse(arguments.Bind("loop", ("iterable", Runtime.Arguments.Required))[0]),
            Undefined missing => throw missing.Fault(),
            _ => throw new JinjaFault($"'{Python.TypeName(function)}' can not be called"),
        };
    }

    object? Operand(Expression operand, Scope scope, Expression whole)
    {
        var value = Evaluate(operand, scope);
        interpreter.At = whole.At;
        return value;
    }

    object? Optional(Expression? expression, Scope scope) => expression is null ? null : Evaluate(expression, scope);

    object? Subscripted(Subscript subscript, Scope scope)
    {
        var target = Evaluate(subscript.Target, scope);
        return Members.Item(target, Operand(subscript.Index, scope, subscript));
    }

    object? Arithmetic(Arithmetic sum, Scope scope)
    {
        var left = Evaluate(sum.Left, scope);
        return Operators.Arithmetic(sum.Operator, left, Operand(sum.Right, scope, sum), interpreter);
    }

    string Concatenate(Concatenation parts, Scope scope)
    {
        var text = new AuthoredText(interpreter.Provenance);
        foreach (var part in parts.Parts)
        {
            var next = interpreter.Provenance.Print(Evaluate(part, scope));
            budget.Grow(text.Length, next.Length);
            text.Append(next);
        }
        return text.ToString();
    }

    bool Compare(Comparison comparison, Scope scope)
    {
        var left = Evaluate(comparison.First, scope);
        foreach (var (symbol, operand) in comparison.Rest)
        {
            var right = Operand(operand, scope, comparison);
            if (!Operators.Compare(symbol, left, right, budget)) return false;
            left = right;
        }
        return true;
    }

    object? Choose(Conditional choice, Scope scope) =>
        Python.IsTrue(Evaluate(choice.Test, scope)) ? Evaluate(choice.Then, scope)
            : choice.Else is not null ? Evaluate(choice.Else, scope)
            : new Undefined("the inline if was false and has no else");

    object? Filtered(Filter filter, Scope scope, string? supplied)
    {
        var value = filter.Target is null ? supplied : Evaluate(filter.Target, scope, supplied);
        var arguments = Arguments(filter.Arguments, scope, null);
        interpreter.At = filter.At;
        return interpreter.Provenance.Derive(Filters.Apply(filter.Name, value, arguments, interpreter), value, arguments);
    }

    bool Tested(Test test, Scope scope)
    {
        var value = Evaluate(test.Target, scope);
        var arguments = Arguments(test.Arguments, scope, null);
        interpreter.At = test.At;
        return Tests.Holds(test.Name, value, arguments, interpreter);
    }

    List<object?> All(IReadOnlyList<Expression> items, Scope scope)
    {
        var values = new List<object?>(items.Count);
        foreach (var item in items) values.Add(Evaluate(item, scope));
        return values;
    }

    PythonDict Dict(DictOf dict, Scope scope)
    {
        var made = new PythonDict();
        foreach (var (key, value) in dict.Items)
        {
            var name = Evaluate(key, scope);
            made[name] = Evaluate(value, scope);
        }
        return made;
    }

    Arguments Arguments(CallArguments arguments, Scope scope, Function? caller)
    {
        if (arguments == CallArguments.None && caller is null) return Runtime.Arguments.None;
        var positional = All(arguments.Positional, scope);
        var named = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (name, value) in arguments.Named)
            if (!named.TryAdd(name, Evaluate(value, scope))) throw new JinjaFault($"the argument '{name}' is given twice");
        if (arguments.Spread is { } spread) positional.AddRange(Python.Iterate(Evaluate(spread, scope), budget));
        if (arguments.NamedSpread is { } more)
        {
            if (Evaluate(more, scope) is not PythonDict dict) throw new JinjaFault("what follows ** must be a dictionary");
            foreach (var (name, value) in dict.Entries)
                if (!named.TryAdd(Python.ToText(name), value)) throw new JinjaFault($"the argument '{name}' is given twice");
        }
        if (caller is not null) named["caller"] = caller;
        return new Arguments(positional, named);
    }
}

using Moesaic.Text.Jinja.Builtins;
using Moesaic.Text.Jinja.Syntax;
using Moesaic.Text.Jinja.Values;

namespace Moesaic.Text.Jinja.Runtime;

/// <summary>Executes the statements of one rendering.</summary>
sealed class Interpreter
{
    enum Flow
    {
        Normal,
        Break,
        Continue,
    }

    readonly PythonDict values;
    readonly Evaluator evaluator;
    readonly List<Range> generated = [];
    AuthoredText output;
    int captures;

    public Interpreter(PythonDict values, Provenance provenance, JinjaLimits limits, TimeProvider time)
    {
        this.values = values;
        Provenance = provenance;
        output = new AuthoredText(provenance);
        Budget = new Budget(limits);
        Time = time;
        evaluator = new Evaluator(this);
    }

    public Budget Budget { get; }

    public TimeProvider Time { get; }

    public Provenance Provenance { get; }

    /// <summary>The offset in the source of what is executed, for messages.</summary>
    public int At { get; set; }

    public JinjaOutput Render(IReadOnlyList<Statement> template)
    {
        Execute(template, new Scope(null));
        return new JinjaOutput(output.ToString(), generated, output.Given());
    }

    public object? Lookup(string name, Scope scope) =>
        scope.TryGet(name, out var value) || values.TryGet(name, out value) || Globals.TryGet(name, out value)
            ? value
            : Undefined.Name(name);

    Flow Execute(IReadOnlyList<Statement> body, Scope scope)
    {
        Budget.Enter();
        var flow = Flow.Normal;
        for (var i = 0; i < body.Count && flow == Flow.Normal; i++)
        {
            At = body[i].At;
            Budget.Step();
            flow = Execute(body[i], scope);
        }
        Budget.Leave();
        return flow;
    }

    Flow Execute(Statement statement, Scope scope)
    {
        switch (statement)
        {
            case Data data: WriteOwn(data.Text); break;
            case Output print: Write(Provenance.Print(evaluator.Evaluate(print.Value, scope))); break;
            case Set set: Assign(set.Target, evaluator.Evaluate(set.Value, scope), scope); break;
            case If choice: return Choose(choice, scope);
            case For loop: Loop(loop, scope); break;
            case Break: return Flow.Break;
            case Continue: return Flow.Continue;
            case With with: return Within(with, scope);
            case MacroDefinition macro: scope[macro.Name] = Macro(macro.Name, macro.Signature, macro.Body, scope); break;
            case CallBlock block:
                var caller = Macro("caller", block.Signature, block.Body, scope);
                Write(Provenance.Print(evaluator.Call(block.Call, scope, caller)));
                break;
            case SetBlock block: Assign(block.Target, Filtered(block.Filters, Capture(block.Body, scope), scope), scope); break;
            case FilterBlock block: Write(Provenance.Print(Filtered(block.Filters, Capture(block.Body, scope), scope))); break;
            case Generation block: Generate(block, scope); break;
            default: throw new InvalidOperationException($"unknown statement {statement.GetType()}");
        }
        return Flow.Normal;
    }

    void Write(string text)
    {
        Budget.Grow(output.Length, text.Length);
        output.Append(text);
    }

    void WriteOwn(string text)
    {
        Budget.Grow(output.Length, text.Length);
        output.AppendOwn(text);
    }

    Flow Choose(If choice, Scope scope)
    {
        foreach (var (test, body) in choice.Branches)
            if (test is null || Python.IsTrue(evaluator.Evaluate(test, scope))) return Execute(body, scope);
        return Flow.Normal;
    }

    Flow Within(With with, Scope scope)
    {
        var inner = new Scope(scope);
        foreach (var (target, value) in with.Variables) Assign(target, evaluator.Evaluate(value, scope), inner);
        return Execute(with.Body, inner);
    }

    void Loop(For loop, Scope scope, object? over = null, int depth = 0)
    {
        Budget.Enter();
        var items = Python.Iterate(depth == 0 ? evaluator.Evaluate(loop.Items, scope) : over, Budget);
        if (loop.Condition is { } condition) items = Selected(loop, condition, items, scope);
        var state = new LoopState(items, depth, loop.Recursive ? children => Capture(() => Loop(loop, scope, children, depth + 1)) : null);
        for (var i = 0; i < items.Count; i++)
        {
            state.Index = i;
            var inner = new Scope(scope) { ["loop"] = state };
            Assign(loop.Target, items[i], inner);
            if (Execute(loop.Body, inner) == Flow.Break) break;
        }
        if (items.Count == 0) Execute(loop.Else, new Scope(scope));
        Budget.Leave();
    }

    List<object?> Selected(For loop, Expression condition, IReadOnlyList<object?> items, Scope scope)
    {
        var selected = new List<object?>();
        foreach (var item in items)
        {
            var inner = new Scope(scope);
            Assign(loop.Target, item, inner);
            if (Python.IsTrue(evaluator.Evaluate(condition, inner))) selected.Add(item);
        }
        return selected;
    }

    void Assign(Target target, object? value, Scope scope)
    {
        switch (target)
        {
            case NameTarget name:
                scope[name.Name] = value;
                break;
            case NamespaceTarget member:
                if (Lookup(member.Name, scope) is not PythonNamespace ns)
                    throw new JinjaFault($"'{member.Name}' is no namespace: only the members of a namespace can be assigned");
                ns.Members[member.Attribute] = value;
                break;
            case TupleTarget tuple:
                if (!Python.IsIterable(value)) throw new JinjaFault($"'{Python.TypeName(value)}' can not be unpacked");
                var items = Python.Iterate(value, Budget);
                if (items.Count != tuple.Items.Count) throw new JinjaFault($"{items.Count} value(s) can not be unpacked into {tuple.Items.Count}");
                for (var i = 0; i < items.Count; i++) Assign(tuple.Items[i], items[i], scope);
                break;
        }
    }

    Function Macro(string name, Signature signature, IReadOnlyList<Statement> body, Scope definedIn) => new(name, (arguments, _) =>
    {
        var inner = new Scope(definedIn);
        var parameters = signature.Parameters;
        var positional = arguments.Positional;
        for (var i = 0; i < parameters.Count; i++)
        {
            var (parameter, absent) = parameters[i];
            var isNamed = arguments.Named.TryGetValue(parameter, out var value);
            if (isNamed && i < positional.Count) throw new JinjaFault($"macro '{name}' got its argument '{parameter}' twice");
            inner[parameter] = i < positional.Count ? positional[i]
                : isNamed ? value
                : absent is not null ? evaluator.Evaluate(absent, inner)
                : Undefined.Name(parameter);
        }
        BindRest(name, signature, arguments, inner);
        return Capture(body, inner);
    });

    /// <summary>The arguments beyond the parameters: <c>caller</c>, <c>varargs</c> and <c>kwargs</c>, if the body reads them.</summary>
    static void BindRest(string name, Signature signature, Arguments arguments, Scope scope)
    {
        var more = new PythonDict();
        foreach (var (key, value) in arguments.Named)
        {
            if (signature.Parameters.Any(parameter => parameter.Name == key)) continue;
            if (key == "caller" && signature.Implicit.Contains(key)) scope[key] = value;
            else if (signature.Implicit.Contains("kwargs")) more[key] = value;
            else throw new JinjaFault($"macro '{name}' knows no argument '{key}'");
        }
        var extra = arguments.Positional.Skip(signature.Parameters.Count).ToList();
        if (extra.Count > 0 && !signature.Implicit.Contains("varargs"))
            throw new JinjaFault($"macro '{name}' takes at most {signature.Parameters.Count} argument(s), {arguments.Positional.Count} given");
        if (signature.Implicit.Contains("varargs")) scope["varargs"] = new PythonTuple(extra);
        if (signature.Implicit.Contains("kwargs")) scope["kwargs"] = more;
    }

    object? Filtered(Expression? filters, string text, Scope scope) =>
        filters is null ? text : evaluator.Evaluate(filters, scope, text);

    void Generate(Generation block, Scope scope)
    {
        if (captures > 0)
        {
            // Inside a macro or the like the place in the output is not known.
            Write(Capture(block.Body, new Scope(scope)));
            return;
        }
        var start = output.Length;
        Execute(block.Body, new Scope(scope));
        if (output.Length > start) generated.Add(start..output.Length);
    }

    string Capture(IReadOnlyList<Statement> body, Scope scope) => Capture(() => Execute(body, new Scope(scope)));

    string Capture(Action body)
    {
        var around = output;
        output = new AuthoredText(Provenance);
        captures++;
        body();
        captures--;
        var text = output.ToString();
        output = around;
        return text;
    }
}

namespace Moesaic.Text.Jinja.Runtime;

/// <summary>The arguments of a call, evaluated.</summary>
sealed class Arguments(IReadOnlyList<object?> positional, IReadOnlyDictionary<string, object?> named)
{
    static readonly Dictionary<string, object?> NoNames = [];

    public static Arguments None { get; } = new([], NoNames);

    public static Arguments Of(params IReadOnlyList<object?> positional) => new(positional, NoNames);

    public IReadOnlyList<object?> Positional => positional;

    public IReadOnlyDictionary<string, object?> Named => named;

    /// <summary>Binds the arguments to parameters; a parameter that is not given has the value it is listed with.</summary>
    /// <exception cref="JinjaFault">Too many arguments, an unknown name, or one given twice.</exception>
    public object?[] Bind(string function, params ReadOnlySpan<(string Name, object? Default)> parameters)
    {
        if (positional.Count > parameters.Length)
            throw new JinjaFault($"{function} takes at most {parameters.Length} argument(s), {positional.Count} given");
        var bound = new object?[parameters.Length];
        var used = 0;
        for (var i = 0; i < bound.Length; i++)
        {
            var isNamed = named.TryGetValue(parameters[i].Name, out var value);
            if (isNamed) used++;
            if (isNamed && i < positional.Count) throw new JinjaFault($"{function} got its argument '{parameters[i].Name}' twice");
            bound[i] = i < positional.Count ? positional[i] : isNamed ? value : parameters[i].Default;
            if (bound[i] == Required) throw new JinjaFault($"{function} needs the argument '{parameters[i].Name}'");
        }
        if (used == named.Count) return bound;
        foreach (var name in named.Keys)
        {
            var known = false;
            foreach (var parameter in parameters) known |= parameter.Name == name;
            if (!known) throw new JinjaFault($"{function} knows no argument '{name}'");
        }
        return bound;
    }

    /// <summary>The default of a parameter that must be given.</summary>
    public static object Required { get; } = new();

    /// <summary>The same arguments without the first <paramref name="count"/> positional ones.</summary>
    public Arguments Skip(int count) => new([.. positional.Skip(count)], named);
}

namespace Moesaic.Text.Jinja.Runtime;

/// <summary>The variables of a block; what is assigned here is not seen outside.</summary>
sealed class Scope(Scope? outer)
{
    Dictionary<string, object?>? variables;

    public object? this[string name]
    {
        set => (variables ??= new(StringComparer.Ordinal))[name] = value;
    }

    public bool TryGet(string name, out object? value)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
            if (scope.variables?.TryGetValue(name, out value) == true) return true;
        value = null;
        return false;
    }

    Scope? Outer => outer;
}

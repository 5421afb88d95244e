using System.Globalization;

namespace Moesaic.Text.Corpora;

/// <summary>
/// A documentation id taken apart (C# specification, annex D.4.2):
/// <c>M:System.Tuple`2.Deconstruct(`0@,`1@)</c> is kind M, container System.Tuple`2, name Deconstruct and two parameters.
/// </summary>
/// <param name="Kind">T type, M method, P property, F field, E event, N namespace; '?' where a reference has no kind.</param>
/// <param name="Container">The declaring type with its namespace; empty for types and namespaces.</param>
/// <param name="Name">The member's own name as encoded; the full name for types and namespaces.</param>
/// <param name="Parameters">The encoded parameter types.</param>
/// <param name="Result">The encoded result of a conversion operator, else null.</param>
sealed record DocId(char Kind, string Container, string Name, IReadOnlyList<string> Parameters, string? Result)
{
    internal static DocId Parse(string id)
    {
        var kind = id is [_, ':', ..] ? id[0] : '?';
        var rest = id[(id.IndexOf(':', StringComparison.Ordinal) + 1)..];
        string? result = null;
        if (rest.LastIndexOf('~') is var tilde and >= 0)
            (rest, result) = (rest[..tilde], rest[(tilde + 1)..]);
        IReadOnlyList<string> parameters = [];
        if (rest.IndexOf('(', StringComparison.Ordinal) is var open and >= 0)
        {
            parameters = SplitAtTop(rest[(open + 1)..].TrimEnd(')'), ',');
            rest = rest[..open];
        }
        var dot = kind is 'T' or 'N' ? -1 : rest.LastIndexOf('.');
        return dot < 0 ? new(kind, "", rest, parameters, result)
            : new(kind, rest[..dot], rest[(dot + 1)..], parameters, result);
    }

    /// <summary>Splits at a separator that stands outside of braces, brackets and parentheses.</summary>
    internal static List<string> SplitAtTop(string list, char separator)
    {
        var parts = new List<string>();
        int depth = 0, start = 0;
        for (var i = 0; i < list.Length; i++)
        {
            if (list[i] is '{' or '[' or '(')
                depth++;
            else if (list[i] is '}' or ']' or ')')
                depth--;
            else if (list[i] == separator && depth == 0)
            {
                parts.Add(list[start..i]);
                start = i + 1;
            }
        }
        if (list.Length > 0)
            parts.Add(list[start..]);
        return parts;
    }

    /// <summary>A method's own type parameters are counted after its name: <c>Cast``1</c> has one.</summary>
    internal (string Name, int Arity) WithoutArity()
    {
        var tick = Name.LastIndexOf("``", StringComparison.Ordinal);
        return tick > 0
            && int.TryParse(Name.AsSpan(tick + 2), CultureInfo.InvariantCulture, out var arity)
            ? (Name[..tick], arity) : (Name, 0);
    }
}

using System.Collections.Concurrent;
using System.Globalization;

namespace Moesaic.Text.Corpora;

/// <summary>
/// Every documented type with the names of its type parameters. An id does not say where the namespace ends and the
/// type begins, nor how the type parameters are called; this does.
/// </summary>
sealed class DocTypes
{
    readonly Dictionary<string, string[]> parameters = new(StringComparer.Ordinal);

    readonly Dictionary<string, string[]>.AlternateLookup<ReadOnlySpan<char>> bySpan;

    /// <summary>Types already written, by encoded type and whether C#'s keywords are used; only those free of any scope.</summary>
    internal ConcurrentDictionary<(string Encoded, bool Keywords), string> Written { get; } = new();

    internal DocTypes(IEnumerable<DocMember> members)
    {
        bySpan = parameters.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var member in members)
            if (member.Id.StartsWith("T:", StringComparison.Ordinal))
                parameters.TryAdd(member.Id[2..], [.. member.Names("typeparam")]);
    }

    internal bool Contains(string type) => parameters.ContainsKey(type);

    /// <summary>Where the outermost type of a dotted path starts, as an index into its segments.</summary>
    /// <remarks>A path without any known type keeps only its last segment, or what follows from its first generic one.</remarks>
    internal int FirstTypeSegment(IReadOnlyList<string> segments)
    {
        var path = string.Join('.', segments);
        var end = -1;
        for (var i = 0; i < segments.Count; i++)
        {
            end += segments[i].Length + 1;
            if (bySpan.ContainsKey(path.AsSpan(0, end)))
                return i;
        }
        for (var i = 0; i < segments.Count; i++)
            if (segments[i].Contains('`', StringComparison.Ordinal))
                return i;
        return segments.Count - 1;
    }

    /// <summary>The namespace of a type or of a type's member; empty for the global namespace.</summary>
    internal string NamespaceOf(DocId id)
    {
        var segments = (id.Kind == 'T' ? id.Name : id.Container).Split('.');
        return string.Join('.', segments.Take(FirstTypeSegment(segments)));
    }

    /// <summary>The names a type declares for its own <paramref name="arity"/> type parameters, outer types' excluded.</summary>
    internal IEnumerable<string> OwnParameters(string type, int arity)
    {
        var known = parameters.GetValueOrDefault(type, []);
        return known.Length >= arity ? known.TakeLast(arity) : Enumerable.Range(0, arity).Select(i => Fallback(i, arity));
    }

    /// <summary>All type parameters that are in scope inside a type, outermost first: what <c>`0</c>, <c>`1</c> number.</summary>
    internal string[] InScope(string type)
    {
        var segments = type.Split('.');
        var names = new List<string>();
        for (var i = 0; i < segments.Length; i++)
            if (ArityOf(segments[i]) is > 0 and var arity)
                names.AddRange(OwnParameters(string.Join('.', segments.Take(i + 1)), arity));
        return [.. names];
    }

    internal static int ArityOf(string segment) =>
        segment.LastIndexOf('`') is > 0 and var tick
            && int.TryParse(segment.AsSpan(tick + 1), CultureInfo.InvariantCulture, out var arity)
            ? arity : 0;

    internal static string Fallback(int index, int count) =>
        count == 1 ? "T" : FormattableString.Invariant($"T{index + 1}");
}

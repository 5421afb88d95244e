using System.Globalization;
using System.Text;

namespace Moesaic.Text.Corpora;

/// <summary>Writes encoded types and references as C# would, short, inside one member's scope of type parameters.</summary>
/// <param name="types">All documented types.</param>
/// <param name="typeScope">Names for <c>`0</c>, <c>`1</c>, ...</param>
/// <param name="methodScope">Names for <c>``0</c>, <c>``1</c>, ...</param>
sealed class DocNames(DocTypes types, string[] typeScope, string[] methodScope)
{
    static readonly Dictionary<string, string> Keywords = new(StringComparer.Ordinal)
    {
        ["System.Boolean"] = "bool", ["System.Byte"] = "byte", ["System.SByte"] = "sbyte", ["System.Char"] = "char",
        ["System.Int16"] = "short", ["System.UInt16"] = "ushort", ["System.Int32"] = "int", ["System.UInt32"] = "uint",
        ["System.Int64"] = "long", ["System.UInt64"] = "ulong", ["System.IntPtr"] = "nint", ["System.UIntPtr"] = "nuint",
        ["System.Single"] = "float", ["System.Double"] = "double", ["System.Decimal"] = "decimal",
        ["System.String"] = "string", ["System.Object"] = "object", ["System.Void"] = "void",
    };

    /// <summary>The type of a parameter: <c>System.Int32[]</c> is int[], a trailing @ is "ref".</summary>
    internal string Parameter(string encoded)
    {
        // A modifier such as "in" follows a bar: System.Guid@|System.Runtime.InteropServices.InAttribute.
        var bar = encoded.IndexOf('|', StringComparison.Ordinal);
        var type = Type(bar < 0 ? encoded : encoded[..bar], keywords: true);
        return bar < 0 ? type : type.Replace("ref ", "in ", StringComparison.Ordinal);
    }

    /// <summary>A type by its short name, its type parameters named: Dictionary&lt;TKey, TValue&gt;.</summary>
    internal string ShortType(string encoded) => Type(encoded, keywords: false);

    /// <summary>What a cref shows: the short type, or type.member without parameters; a namespace in full.</summary>
    internal string Reference(string cref)
    {
        var id = DocId.Parse(cref);
        if (id.Kind == 'N')
            return id.Name;
        if (id.Kind == 'T')
            return ShortType(id.Name);
        if (id.Container.Length == 0 || (id.Kind == '?' && types.Contains(id.Container + "." + id.Name)))
            return ShortType(id.Container.Length == 0 ? id.Name : id.Container + "." + id.Name);
        var owner = ShortType(id.Container);
        return id.Name == "#ctor" ? owner : owner + "." + MemberName(id);
    }

    /// <summary>The member as written after the dot: operators as in C#, explicit implementations with their interface.</summary>
    internal string MemberName(DocId id)
    {
        var (name, arity) = id.WithoutArity();
        var explicitly = "";
        if (name[0] != '#' && DocId.SplitAtTop(name, '#') is { Count: > 1 } parts)
        {
            name = parts[^1];
            var implemented = string.Join('.', parts.Take(parts.Count - 1)).Replace('#', '.').Replace('@', ',');
            explicitly = ShortType(implemented) + ".";
        }
        if (name.StartsWith("op_", StringComparison.Ordinal))
            name = DocOperators.Name(name, id.Result is { } result ? Parameter(result) : "");
        if (arity > 0)
            name += "<" + string.Join(", ", Enumerable.Range(0, arity).Select(i => Scoped(methodScope, i))) + ">";
        return explicitly + name;
    }

    /// <summary>The same few types return a hundred thousand times; those that name no type parameter are kept.</summary>
    string Type(string encoded, bool keywords)
    {
        var usesScope = encoded.StartsWith('`')
            || (encoded.Contains('{', StringComparison.Ordinal) && encoded.Contains('`', StringComparison.Ordinal));
        if (usesScope)
            return Type(new Cursor(encoded), keywords);
        if (!types.Written.TryGetValue((encoded, keywords), out var written))
            types.Written[(encoded, keywords)] = written = Type(new Cursor(encoded), keywords);
        return written;
    }

    string Type(Cursor text, bool keywords)
    {
        var name = new StringBuilder(text.Peek == '`' ? Placeholder(text) : Named(text, keywords));
        var byReference = false;
        while (text.Peek is '[' or '*' or '@' or '^')
        {
            var suffix = text.Next();
            if (suffix == '[')
            {
                var dimensions = text.Until(']');
                name.Append('[').Append(',', dimensions.Count(letter => letter == ',')).Append(']');
            }
            else if (suffix == '*')
                name.Append('*');
            else if (suffix == '@')
                byReference = true;
        }
        return byReference ? "ref " + name : name.ToString();
    }

    string Placeholder(Cursor text)
    {
        text.Next();
        var scope = typeScope;
        if (text.Peek == '`')
        {
            text.Next();
            scope = methodScope;
        }
        var digits = text.While(char.IsAsciiDigit);
        return int.TryParse(digits, CultureInfo.InvariantCulture, out var index) ? Scoped(scope, index) : "T";
    }

    string Named(Cursor text, bool keywords)
    {
        var open = new List<string>();
        var shown = new List<string>();
        while (true)
        {
            var segment = text.While(letter => !".,{}[]*@^".Contains(letter));
            var arguments = text.Peek == '{' ? Arguments(text, keywords) : null;
            if (arguments is not null)
                segment = FormattableString.Invariant($"{segment}`{arguments.Count}");
            open.Add(segment);
            var arity = DocTypes.ArityOf(segment);
            arguments ??= arity == 0 ? null : [.. types.OwnParameters(string.Join('.', open), arity)];
            var bare = segment.LastIndexOf('`') is > 0 and var tick ? segment[..tick] : segment;
            shown.Add(arguments is null ? bare : $"{bare}<{string.Join(", ", arguments)}>");
            if (open is ["System", "Nullable`1"] && keywords)
                return arguments![0] + "?";
            if (open is ["System", ['V', 'a', 'l', 'u', 'e', 'T', 'u', 'p', 'l', 'e', '`', ..]] && keywords && arity > 1)
                return $"({string.Join(", ", arguments!)})";
            if (text.Peek != '.')
                break;
            text.Next();
        }
        if (keywords && open is ["System", _] && Keywords.TryGetValue(string.Join('.', open), out var keyword))
            return keyword;
        return string.Join('.', shown.Skip(types.FirstTypeSegment(open)));
    }

    List<string> Arguments(Cursor text, bool keywords)
    {
        var arguments = new List<string>();
        do
        {
            text.Next();
            arguments.Add(Type(text, keywords));
        }
        while (text.Peek == ',');
        text.Next();
        return arguments;
    }

    static string Scoped(string[] scope, int index) =>
        index < scope.Length ? scope[index] : DocTypes.Fallback(index, Math.Max(scope.Length, index + 1));

    sealed class Cursor(string text)
    {
        int at;

        internal char Peek => at < text.Length ? text[at] : '\0';

        internal char Next() => at < text.Length ? text[at++] : '\0';

        internal string While(Func<char, bool> wanted)
        {
            var start = at;
            while (at < text.Length && wanted(text[at]))
                at++;
            return text[start..at];
        }

        internal string Until(char end)
        {
            var inside = While(letter => letter != end);
            Next();
            return inside;
        }
    }
}

namespace Moesaic.Text.Corpora;

/// <summary>
/// One member laid out as text: the signature, then a line each for summary, type parameters, parameters, returns,
/// value, exceptions and remarks; elements without words are left out.
/// </summary>
/// <remarks>
/// The namespace stands in the signature of a type only: on every member's first line it would be a seventh of the
/// corpus and teach nothing that the type's name does not say.
/// </remarks>
sealed class DocEntry
{
    static readonly string[] Order = ["summary", "typeparam", "param", "returns", "value", "exception", "remarks"];

    internal DocEntry(DocMember member, DocTypes types)
    {
        Id = member.Id;
        Parsed = DocId.Parse(member.Id);
        Namespace = types.NamespaceOf(Parsed);
        var owner = Parsed.Kind == 'T' ? Parsed.Name : Parsed.Container;
        var names = new DocNames(types, types.InScope(owner), [.. member.Names("typeparam")]);
        Lines = [.. member.Sections
            .Where(section => Order.Contains(section.Kind))
            .Select(section => new DocLine(section.Kind,
                section.Kind == "exception" ? names.Reference(section.Name) : section.Name, section.Render(names)))
            .Where(line => line.Text.Length > 0)
            .OrderBy(line => Array.IndexOf(Order, line.Kind))];
        OwnerName = names.ShortType(owner);
        (Name, Signature) = Sign(member, names);
        Text = string.Join('\n', Lines.Select(line => line.ToString()).Prepend(Signature));
    }

    /// <summary>The documentation id.</summary>
    internal string Id { get; }

    internal DocId Parsed { get; }

    internal string Namespace { get; }

    /// <summary>The declaring type (a type itself) by its short name: <c>Dictionary&lt;TKey, TValue&gt;.Enumerator</c>.</summary>
    internal string OwnerName { get; }

    /// <summary>What a person calls the member: type and member without parameters.</summary>
    internal string Name { get; }

    /// <summary>The first line.</summary>
    internal string Signature { get; }

    /// <summary>The lines after the first.</summary>
    internal IReadOnlyList<DocLine> Lines { get; }

    /// <summary>The document.</summary>
    internal string Text { get; }

    /// <summary>
    /// The words of everything below the signature; the declaring type's own name is replaced by a mark, so that
    /// "Initializes a new instance of the Foo class." is the same text for every Foo.
    /// </summary>
    internal List<ulong> Words()
    {
        var own = NormalWords.Of(OwnerName.Split('.')[^1].Split('<')[0]);
        var words = NormalWords.Of(Text.AsSpan(Signature.Length));
        for (var i = 0; i < words.Count; i++)
            if (own.Contains(words[i]))
                words[i] = NormalWords.Seed;
        return words;
    }

    (string Name, string Signature) Sign(DocMember member, DocNames names)
    {
        if (Parsed.Kind is 'T')
            return (OwnerName, Namespace.Length == 0 ? OwnerName : $"{Namespace}.{OwnerName}");
        var list = string.Join(", ", Parameters(member, names));
        if (Parsed.Name == "#ctor")
            return ($"new {OwnerName}", $"new {OwnerName}({list})");
        var name = $"{OwnerName}.{names.MemberName(Parsed)}";
        if (Parsed.Kind != 'P')
            return (name, Parsed.Kind == 'M' ? $"{name}({list})" : name);
        if (Parsed.Parameters.Count == 0)
            return (name, name);
        if (Parsed.Name == "Item" || Parsed.Name.EndsWith("#Item", StringComparison.Ordinal))
            name = name[..^"Item".Length] + "this";
        return (name, $"{name}[{list}]");
    }

    /// <summary>
    /// Ids hold types without names and do not tell ref from out: names come from the param elements when there is one
    /// for each, and a parameter whose text begins "When this method returns" is an out parameter.
    /// </summary>
    IEnumerable<string> Parameters(DocMember member, DocNames names)
    {
        var declared = member.Names("param").ToArray();
        for (var i = 0; i < Parsed.Parameters.Count; i++)
        {
            var type = names.Parameter(Parsed.Parameters[i]);
            if (declared.Length != Parsed.Parameters.Count)
            {
                yield return type;
                continue;
            }
            var isOut = Lines.Any(line => line.Kind == "param" && line.Name == declared[i]
                && line.Text.StartsWith("When this method returns", StringComparison.Ordinal));
            if (isOut && type.StartsWith("ref ", StringComparison.Ordinal))
                type = "out " + type["ref ".Length..];
            yield return $"{type} {declared[i]}";
        }
    }
}

/// <summary>One line of an entry.</summary>
/// <param name="Kind">The documentation element.</param>
/// <param name="Name">The parameter, or the exception by its short name.</param>
/// <param name="Text">The sentences.</param>
sealed record DocLine(string Kind, string Name, string Text)
{
    /// <summary>The line with its label.</summary>
    public override string ToString() => Kind switch
    {
        "summary" => Text,
        "param" or "typeparam" => $"{Name}: {Text}",
        "exception" => $"Throws {Name}: {Text}",
        "returns" => $"Returns: {Text}",
        "value" => $"Value: {Text}",
        _ => $"Remarks: {Text}",
    };
}

namespace Moesaic.Text.Tokenizers;

/// <summary>Reads a bracketed class: [^\s\p{L}], [a-z0-9], [\p{L}&amp;&amp;[^a-z]], [[:alpha:]].</summary>
sealed class CharacterClassParser(PatternScanner scanner, bool ignoreCase)
{
    const int DeepestNesting = 20;

    public CharacterSet Parse(int depth = 0)
    {
        if (depth > DeepestNesting) throw scanner.Fault("classes nested too deeply");
        scanner.Take('[');
        var negated = scanner.Take('^');
        var set = Union(depth, first: true);
        while (scanner.Take("&&")) set = new CharacterSet([], nested: [Union(depth, first: false)], and: set);
        if (!scanner.Take(']')) throw scanner.Fault("a '[' without its ']'");
        return negated ? new CharacterSet([], nested: [set], negated: true, ignoreCase: ignoreCase) : set;
    }

    CharacterSet Union(int depth, bool first)
    {
        var ranges = new List<(int, int)>();
        var nested = new List<CharacterSet>();
        while (!scanner.AtEnd && (first || scanner.Peek != ']'))
        {
            if (scanner.Peek == '&' && scanner.Second == '&') break;
            first = false;
            if (scanner.Take("[:")) nested.Add(Posix());
            else if (scanner.Peek == '[') nested.Add(Parse(depth + 1));
            else if (EscapeParser.Class(scanner) is { } known) nested.Add(known);
            else ranges.Add(Range());
        }
        return new CharacterSet(ranges, nested: nested, ignoreCase: ignoreCase);
    }

    (int, int) Range()
    {
        var low = Single();
        if (scanner.Peek != '-' || scanner.Second == ']') return (low, low);
        scanner.Take('-');
        if (scanner.Peek == '[' || EscapeParser.Class(scanner) is not null) throw scanner.Fault("a range that ends in a class");
        var high = Single();
        return high >= low ? (low, high) : throw scanner.Fault("a range from high to low");
    }

    int Single() => scanner.Peek == '\\' ? EscapeParser.CodePoint(scanner) : scanner.Next();

    CharacterSet Posix()
    {
        var name = scanner.Until(':');
        if (!scanner.Take(']')) throw scanner.Fault("a '[:' without its ':]'");
        var negated = name.StartsWith('^');
        return name.TrimStart('^') switch
        {
            "alpha" => new CharacterSet([], GeneralCategories.OfName("L") | GeneralCategories.OfName("M")
                | GeneralCategories.OfName("Nl"), negated: negated),
            "digit" => new CharacterSet([], GeneralCategories.OfName("Nd"), negated: negated),
            "upper" => new CharacterSet([], GeneralCategories.OfName("Lu"), negated: negated),
            "lower" => new CharacterSet([], GeneralCategories.OfName("Ll"), negated: negated),
            "punct" => new CharacterSet([], GeneralCategories.OfName("P") | GeneralCategories.OfName("S"), negated: negated),
            _ => throw scanner.Fault($"the class [:{name}:], which is not supported"),
        };
    }
}

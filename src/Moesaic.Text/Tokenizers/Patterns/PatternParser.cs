using System.Globalization;

namespace Moesaic.Text.Tokenizers;

/// <summary>
/// Reads a regular expression in the syntax tokenizer.json files are written for (Oniguruma). What is not understood is
/// an error, never something else.
/// </summary>
sealed class PatternParser
{
    const int DeepestNesting = 50;

    readonly PatternScanner scanner;
    int depth;
    bool ignoreCase;

    PatternParser(string pattern) => scanner = new PatternScanner(pattern);

    /// <exception cref="FormatException">The pattern is wrong or beyond what is supported; the message says where.</exception>
    public static PatternNode Parse(string pattern)
    {
        var parser = new PatternParser(pattern);
        var node = parser.Alternatives();
        if (!parser.scanner.AtEnd) throw parser.scanner.Fault("a ')' without its '('");
        return node;
    }

    PatternNode Alternatives()
    {
        if (++depth > DeepestNesting) throw scanner.Fault($"groups nested deeper than {DeepestNesting}");
        var outer = ignoreCase;
        var options = new List<PatternNode> { Sequence() };
        while (scanner.Take('|')) options.Add(Sequence());
        ignoreCase = outer;
        depth--;
        return options.Count == 1 ? options[0] : new PatternNode.Either(options);
    }

    PatternNode Sequence()
    {
        var parts = new List<PatternNode>();
        while (!scanner.AtEnd && scanner.Peek is not ('|' or ')'))
            if (Atom() is { } atom) parts.Add(Quantified(atom));
        return parts.Count == 1 ? parts[0] : new PatternNode.Sequence(parts);
    }

    PatternNode Quantified(PatternNode body)
    {
        while (Quantifier(out var min, out var max, out var appetite))
        {
            if (max == PatternNode.Repeat.Unlimited && body.CanBeEmpty)
                throw scanner.Fault("an endless repetition of something that may be empty");
            body = new PatternNode.Repeat(body, min, max, appetite);
        }
        return body;
    }

    bool Quantifier(out int min, out int max, out Appetite appetite)
    {
        (min, max, appetite) = (0, PatternNode.Repeat.Unlimited, Appetite.Greedy);
        var interval = false;
        if (scanner.Take('+')) min = 1;
        else if (scanner.Take('?')) max = 1;
        else if (scanner.TakeInterval(out min, out max)) interval = true;
        else if (!scanner.Take('*')) return false;

        if (scanner.Take('?')) appetite = Appetite.Lazy;
        else if (!interval && scanner.Take('+')) appetite = Appetite.Possessive;  // x{n,m}+ repeats the repetition
        return true;
    }

    /// <summary>One atom, or null for an option such as (?i) that only changes what follows.</summary>
    PatternNode? Atom()
    {
        switch (scanner.Peek)
        {
            case '(': return Group();
            case '[': return new PatternNode.One(new CharacterClassParser(scanner, ignoreCase).Parse());
            case '*' or '+' or '?': throw scanner.Fault("a quantifier with nothing to repeat");
        }
        if (scanner.Take('.')) return new PatternNode.One(new CharacterSet([('\n', '\n')], negated: true));
        if (scanner.Take('^')) return new PatternNode.Anchor(Operation.LineStart);
        if (scanner.Take('$')) return new PatternNode.Anchor(Operation.LineEnd);
        if (scanner.Take("\\A")) return new PatternNode.Anchor(Operation.TextStart);
        if (scanner.Take("\\z")) return new PatternNode.Anchor(Operation.TextEnd);
        if (scanner.Peek == '\\') return new PatternNode.One(EscapeParser.Set(scanner, ignoreCase));
        var codePoint = scanner.Next();
        return new PatternNode.One(new CharacterSet([(codePoint, codePoint)], ignoreCase: ignoreCase));
    }

    PatternNode? Group()
    {
        if (scanner.Take("(?:")) return Close(Alternatives());
        if (scanner.Take("(?=")) return Close(new PatternNode.Ahead(Alternatives(), false));
        if (scanner.Take("(?!")) return Close(new PatternNode.Ahead(Alternatives(), true));
        if (scanner.Take("(?<=")) return Close(Behind(false));
        if (scanner.Take("(?<!")) return Close(Behind(true));
        if (scanner.Take("(?>")) return Close(new PatternNode.Atomic(Alternatives()));
        if (scanner.Take("(?i:")) return Close(WithCase(true));
        if (scanner.Take("(?-i:")) return Close(WithCase(false));
        if (scanner.Take("(?i)")) { ignoreCase = true; return null; }
        if (scanner.Take("(?-i)")) { ignoreCase = false; return null; }
        if (scanner.Take("(?")) throw scanner.Fault("a kind of group that is not supported");
        scanner.Take('(');
        return Close(Alternatives());
    }

    PatternNode WithCase(bool ignore)
    {
        var outer = ignoreCase;
        ignoreCase = ignore;
        var body = Alternatives();
        ignoreCase = outer;
        return body;
    }

    PatternNode.Behind Behind(bool negative) => Alternatives() is PatternNode.One one
        ? new PatternNode.Behind(one.Set, negative)
        : throw scanner.Fault("a look behind at more than one character, which is not supported");

    T Close<T>(T node) => scanner.Take(')') ? node : throw scanner.Fault("a '(' without its ')'");
}

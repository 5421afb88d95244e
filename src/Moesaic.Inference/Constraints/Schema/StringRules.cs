using System.Text.Json;
using Moesaic.Formats;

namespace Moesaic.Inference;

/// <summary>Strings: lengths in code points, patterns, formats.</summary>
static class StringRules
{
    public static Rule Build(IReadOnlyList<SchemaNode> atoms, WorkBudget budget)
    {
        var (least, most) = Length(atoms);
        if (most < least) return Rule.Nothing;
        if (least > JsonStringTerminal.Unlimited)
            throw atoms.First(a => a.Has("minLength")).Fault("asks for a longer string than can be generated");
        if (!SchemaTypes.Any(atoms, ["pattern", "format"])) return new Rule.Leaf(new JsonStringTerminal(least, most ?? int.MaxValue));
        try
        {
            var automaton = Automata(atoms, budget).Aggregate((a, b) => a.And(b, budget)).WithLength(least, most, budget);
            return automaton.IsEmpty ? Rule.Nothing : new Rule.Leaf(Spelling.Quoted(automaton, budget));
        }
        catch (BadRequestException e) when (!e.Message.StartsWith("In the schema", StringComparison.Ordinal))
        {
            throw atoms.First(a => a.Has("pattern") || a.Has("format")).Fault(e.Message.TrimEnd('.'));
        }
    }

    public static bool Fits(string text, IReadOnlyList<SchemaNode> atoms, WorkBudget budget)
    {
        var (least, most) = Length(atoms);
        var length = text.EnumerateRunes().Count();
        return length >= least && !(length > most) && Automata(atoms, budget).All(automaton => automaton.Matches(text));
    }

    static (int Least, int? Most) Length(IReadOnlyList<SchemaNode> atoms) =>
        (atoms.Max(a => a.Count("minLength")) ?? 0, atoms.Min(a => a.Count("maxLength")));

    static IEnumerable<CharAutomaton> Automata(IReadOnlyList<SchemaNode> atoms, WorkBudget budget)
    {
        foreach (var atom in atoms)
        {
            if (atom.TryGet("pattern", out var pattern)) yield return Build(pattern, text => RegexCompiler.Found(text, budget));
            if (atom.TryGet("format", out var format))
                yield return Build(format, name => StringFormats.Pattern(name) is { } whole ? RegexCompiler.Whole(whole, budget)
                    : throw new BadRequestException($"names the format \"{name}\", which is not supported; supported are {StringFormats.Names}"));
        }
    }

    static CharAutomaton Build(SchemaNode keyword, Func<string, CharAutomaton> build)
    {
        if (keyword.Element.ValueKind != JsonValueKind.String) throw keyword.Fault("has to be a text");
        try
        {
            return build(keyword.Element.GetString()!);
        }
        catch (BadRequestException e)
        {
            throw keyword.Fault(e.Message.TrimEnd('.'));
        }
    }
}

using System.Text;
using System.Text.Json;
using Moesaic.Formats;

namespace Moesaic.Inference;

/// <summary>
/// What a text may be: JSON, JSON of a schema, one of some texts, and sequences, alternatives and repetitions of such. A grammar is
/// read byte by byte and holds for every seed; nothing but what it allows can be generated (except an end for want of room).
/// </summary>
public sealed class Grammar
{
    readonly Rule rule;
    readonly bool mayBeEmpty;

    Grammar(Rule rule, bool mayBeEmpty = false) => (this.rule, this.mayBeEmpty) = (rule, mayBeEmpty);

    /// <summary>Any JSON object (RFC 8259); docs/server.md says how much white space and how long numbers.</summary>
    public static Grammar JsonObject() => new(JsonRules.AnyObject());

    /// <summary>Any JSON value.</summary>
    public static Grammar JsonValue() => new(JsonRules.Value());

    /// <summary>JSON that fits a schema. Which keywords are supported is listed in docs/server.md.</summary>
    /// <param name="schema">A JSON schema, drafts 4 to 2020-12; not needed any more after the call.</param>
    /// <exception cref="BadRequestException">
    /// The schema is wrong, uses what is not supported (the message names the keyword and where it stands), costs too much, or
    /// allows no value.
    /// </exception>
    public static Grammar JsonSchema(JsonElement schema) => new(SchemaCompiler.Compile(schema));

    /// <summary>One of some texts.</summary>
    /// <param name="texts">One or more, none empty.</param>
    /// <exception cref="BadRequestException">There is none, one is empty or is no Unicode, or they are too many.</exception>
    public static Grammar Choice(params IEnumerable<string> texts)
    {
        var list = texts.ToList();
        if (list.Count == 0) throw new BadRequestException("There are no texts to choose from; give one or more.");
        foreach (var text in list) CheckText(text);
        var budget = new WorkBudget();
        try
        {
            return new Grammar(new Rule.Leaf(Spelling.Plain(CharAutomaton.Of(list, budget), budget)));
        }
        catch (BadRequestException e)
        {
            throw new BadRequestException($"A choice among {list.Count} texts {e.Message}", e);
        }
    }

    /// <summary>Exactly a text.</summary>
    /// <param name="text">Not empty.</param>
    /// <exception cref="BadRequestException">It is empty or no Unicode.</exception>
    public static Grammar Literal(string text)
    {
        CheckText(text);
        return new Grammar(new Rule.Leaf(new LiteralTerminal(Encoding.UTF8.GetBytes(text))));
    }

    /// <summary>One special token, which is no text.</summary>
    /// <param name="id">Its id.</param>
    public static Grammar Token(int id) => new(new Rule.Leaf(new TokenTerminal(id)));

    /// <summary>One after the other.</summary>
    /// <param name="parts">None means the empty text.</param>
    public static Grammar Sequence(params IReadOnlyList<Grammar> parts) =>
        new(new Rule.Sequence([.. parts.Select(p => p.rule)]), parts.All(p => p.mayBeEmpty));

    /// <summary>One of several.</summary>
    /// <param name="options">One or more.</param>
    public static Grammar OneOf(params IReadOnlyList<Grammar> options)
    {
        ArgumentOutOfRangeException.ThrowIfZero(options.Count, nameof(options));
        return new Grammar(new Rule.Choice([.. options.Select(o => o.rule)]), options.Any(o => o.mayBeEmpty));
    }

    /// <summary>Several times.</summary>
    /// <param name="item">What may not be the empty text.</param>
    /// <param name="least">Fewest times, 0 or more.</param>
    /// <param name="most">Most times; null: no limit.</param>
    public static Grammar Repeat(Grammar item, int least, int? most = null)
    {
        if (item.mayBeEmpty) throw new ArgumentException("a repetition of what may be empty", nameof(item));
        ArgumentOutOfRangeException.ThrowIfNegative(least);
        ArgumentOutOfRangeException.ThrowIfLessThan(most ?? int.MaxValue, Math.Max(1, least), nameof(most));
        return new Grammar(new Rule.Repeat(item.rule, least, most ?? Rule.Repeat.Unlimited), least == 0);
    }

    /// <summary>Prepares the grammar for a vocabulary.</summary>
    /// <param name="table">The model's.</param>
    public CompiledGrammar Compile(TokenTable table)
    {
        RuleDepths.Assign(rule);
        return new CompiledGrammar(rule, table);
    }

    static void CheckText(string text)
    {
        if (text.Length == 0) throw new BadRequestException("A text to choose is empty.");
        for (var at = 0; at < text.Length;)
        {
            if (!Rune.TryGetRuneAt(text, at, out var rune))
                throw new BadRequestException("A text to choose has half of a surrogate pair, which is no Unicode.");
            at += rune.Utf16SequenceLength;
        }
    }
}

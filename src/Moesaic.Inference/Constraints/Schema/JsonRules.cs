namespace Moesaic.Inference;

/// <summary>
/// The parts of JSON text. White space is bounded, so that no text is endless by it: between the parts of an array or object stands
/// nothing, one space, or a line feed and at most 32 spaces or tabs. Numbers have at most 15 digits before the point and behind
/// it, and exponents of two digits: any reader holds them.
/// </summary>
static class JsonRules
{
    const string Space = "( |\n[ \t]{0,32})?";

    public static readonly Rule Comma = Pattern($",{Space}");
    public static readonly Rule Colon = Pattern($":{Space}");
    public static readonly Rule OpenObject = Pattern($"\\{{{Space}");
    public static readonly Rule CloseObject = Pattern($"{Space}}}");
    public static readonly Rule CloseEmptyObject = Pattern("}");
    public static readonly Rule OpenArray = Pattern($"\\[{Space}");
    public static readonly Rule CloseArray = Pattern($"{Space}]");
    public static readonly Rule CloseEmptyArray = Pattern("]");
    public static readonly Rule Null = Pattern("null");
    public static readonly Rule Boolean = Pattern("true|false");
    public static readonly Rule Integer = Pattern("0|-?[1-9][0-9]{0,17}");
    public static readonly Rule Number = Pattern("-?(0|[1-9][0-9]{0,14})(\\.[0-9]{1,15})?([eE][+-]?[0-9]{1,2})?");
    public static readonly Rule String = new Rule.Leaf(new JsonStringTerminal(0, int.MaxValue));

    /// <summary>Any value; nothing of it is shared, so that who makes it may measure it.</summary>
    public static Rule Value()
    {
        var value = new Rule.Later();
        value.Body = new Rule.Choice(Object(value), Array(value), String, Number, Boolean, Null);
        return value;
    }

    /// <summary>Any object.</summary>
    public static Rule AnyObject() => Object(Value());

    /// <summary>An object of any names.</summary>
    public static Rule Object(Rule value) => new Rule.Nested(new Rule.Sequence(OpenObject, Members(String, value)));

    /// <summary>What comes behind the brace of an object of names and values.</summary>
    static Rule Members(Rule name, Rule value)
    {
        var member = new Rule.Sequence(name, Colon, value);
        return new Rule.Choice(
            new Rule.Sequence(member, new Rule.Repeat(new Rule.Sequence(Comma, member), 0, Rule.Repeat.Unlimited), CloseObject), CloseEmptyObject);
    }

    /// <summary>An array of any length.</summary>
    public static Rule Array(Rule item) => new Rule.Nested(new Rule.Sequence(OpenArray, new Rule.Choice(
        new Rule.Sequence(item, new Rule.Repeat(new Rule.Sequence(Comma, item), 0, Rule.Repeat.Unlimited), CloseArray), CloseEmptyArray)));

    static Rule.Leaf Pattern(string pattern)
    {
        var budget = new WorkBudget();
        return new Rule.Leaf(Spelling.Plain(RegexCompiler.Whole(pattern, budget), budget));
    }
}

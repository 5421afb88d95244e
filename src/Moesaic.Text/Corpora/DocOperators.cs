namespace Moesaic.Text.Corpora;

/// <summary>Operators as C# writes them; the names are those of ECMA-335 I.10.3.</summary>
static class DocOperators
{
    static readonly Dictionary<string, string> Symbols = new(StringComparer.Ordinal)
    {
        ["Addition"] = "+", ["Subtraction"] = "-", ["Multiply"] = "*", ["Division"] = "/", ["Modulus"] = "%",
        ["BitwiseAnd"] = "&", ["BitwiseOr"] = "|", ["ExclusiveOr"] = "^", ["OnesComplement"] = "~",
        ["LeftShift"] = "<<", ["RightShift"] = ">>", ["UnsignedRightShift"] = ">>>",
        ["Equality"] = "==", ["Inequality"] = "!=", ["LessThan"] = "<", ["LessThanOrEqual"] = "<=",
        ["GreaterThan"] = ">", ["GreaterThanOrEqual"] = ">=", ["UnaryPlus"] = "+", ["UnaryNegation"] = "-",
        ["Increment"] = "++", ["Decrement"] = "--", ["LogicalNot"] = "!", ["True"] = "true", ["False"] = "false",
    };

    /// <summary>The C# spelling of <paramref name="name"/> (op_Addition); one that C# lacks keeps its own name.</summary>
    internal static string Name(string name, string result)
    {
        var plain = name["op_".Length..];
        var isChecked = plain.StartsWith("Checked", StringComparison.Ordinal);
        if (isChecked)
            plain = plain["Checked".Length..];
        var mark = isChecked ? "checked " : "";
        return plain switch
        {
            "Implicit" => $"implicit operator {result}",
            "Explicit" => $"explicit operator {mark}{result}",
            _ => Symbols.TryGetValue(plain, out var symbol) ? $"operator {mark}{symbol}" : name,
        };
    }
}

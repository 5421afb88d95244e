using System.Globalization;
using Moesaic.Formats;

namespace Moesaic.Cli.Recipes;

/// <summary>Single values of a recipe to .NET values, culture-free. Numbers may be written 65536, 1e5 or 1.0e-3.</summary>
static class ScalarText
{
    const NumberStyles Number =
        NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <returns>False with the reason when the text is no value of the type.</returns>
    public static bool TryParse(ScalarNode node, Type type, out object? value, out string problem)
    {
        (value, problem) = (null, "");
        if (type == typeof(string))
            value = node.Text;
        else if (!node.Plain)
            problem = $"'{node.Text}' is text in quotes, {Describe(type)} is needed";
        else if (type.IsEnum)
            value = Choice(node.Text, type);
        else if (type == typeof(bool))
            value = node.Text switch { "true" => true, "false" => false, _ => null };
        else if (type == typeof(double) || type == typeof(float))
            value = Real(node.Text, type);
        else
            value = Whole(node.Text, type);
        if (value is not null) return true;
        if (problem.Length == 0)
        {
            problem = type.IsEnum
                ? $"unknown value '{node.Text}'{NearestName.Advice(node.Text, Choices(type))}"
                : $"'{node.Text}' is not {Describe(type)}";
        }
        return false;
    }

    /// <summary>The value of a command line option.</summary>
    /// <exception cref="BadRequestException">The text is no value of the type.</exception>
    public static T Parse<T>(string option, string text) =>
        TryParse(new ScalarNode(option, text, plain: true), typeof(T), out var value, out var problem)
            ? (T)value! : throw new BadRequestException($"{option}: {problem}.");

    public static IReadOnlyList<string> Choices(Type type) => [.. Enum.GetNames(type).Select(SnakeCase.Of)];

    /// <summary>The type as a phrase: "a whole number from 0 to 255".</summary>
    public static string Describe(Type type) =>
        type == typeof(string) ? "text"
        : type == typeof(bool) ? "true or false"
        : type == typeof(double) || type == typeof(float) ? "a number"
        : type == typeof(int) || type == typeof(long) ? "a whole number"
        : type == typeof(ulong) || type == typeof(uint) ? "a whole number that is not negative"
        : type.IsEnum ? "one of " + string.Join(", ", Choices(type))
        : OptionKey.ElementOf(type) is { } element ? $"a list, each {Describe(element)}"
        : OptionKey.ValueOf(type) is { } values ? $"a mapping from names, each {Describe(values)}"
        : "a mapping";

    static object? Choice(string text, Type type)
    {
        var name = Enum.GetNames(type).FirstOrDefault(n => string.Equals(SnakeCase.Of(n), text, StringComparison.Ordinal));
        return name is null ? null : Enum.Parse(type, name);
    }

    static object? Real(string text, Type type)
    {
        if (!double.TryParse(text, Number, CultureInfo.InvariantCulture, out var number)) return null;
        if (!double.IsFinite(number)) return null;
        if (type == typeof(double)) return number;
        return float.IsFinite((float)number) ? (float)number : null;
    }

    static object? Whole(string text, Type type)
    {
        if (!decimal.TryParse(text, Number, CultureInfo.InvariantCulture, out var number)) return null;
        if (number != decimal.Truncate(number)) return null;
        if (type == typeof(int)) return number is >= int.MinValue and <= int.MaxValue ? (int)number : null;
        if (type == typeof(uint)) return number is >= 0 and <= uint.MaxValue ? (uint)number : null;
        if (type == typeof(long)) return number is >= long.MinValue and <= long.MaxValue ? (long)number : null;
        if (type == typeof(ulong)) return number is >= 0 and <= ulong.MaxValue ? (ulong)number : null;
        throw new NotSupportedException($"options of type {type} are not bound");
    }
}

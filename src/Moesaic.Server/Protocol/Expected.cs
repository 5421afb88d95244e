using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Moesaic.Server.Protocol;

/// <summary>Says of a value that is not what a contract needs, what would be.</summary>
static class Expected
{
    const string Prefix = "need ";

    /// <summary>What converters throw.</summary>
    public static JsonException Kind(string kind) => new(Prefix + kind);

    /// <summary>The kind of value that was needed where reading failed, or null when it is not known.</summary>
    /// <param name="failure">From reading a contract.</param>
    /// <param name="contract">The contract.</param>
    public static string? At(JsonException failure, JsonTypeInfo contract)
    {
        if (failure.Message.StartsWith(Prefix, StringComparison.Ordinal))
        {
            // The reader adds the place to the message.
            var end = failure.Message.IndexOf(" Path: ", StringComparison.Ordinal);
            return failure.Message[Prefix.Length..(end < 0 ? failure.Message.Length : end)].TrimEnd('.', ' ');
        }
        var info = contract;
        foreach (var step in Field(failure.Path).Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = step.IndexOf('[', StringComparison.Ordinal);
            if (info.Properties.FirstOrDefault(p => p.Name == (at < 0 ? step : step[..at])) is not { } property) return null;
            info = contract.Options.GetTypeInfo(property.PropertyType);
            if (at >= 0 && info.ElementType is { } element) info = contract.Options.GetTypeInfo(element);
        }
        return Describe(info);
    }

    /// <summary>The field where reading failed, as in a request: messages[0].role.</summary>
    public static string Field(string? path) => path is null or "$" ? "" : path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : path;

    static string? Describe(JsonTypeInfo info)
    {
        var type = Nullable.GetUnderlyingType(info.Type) ?? info.Type;
        return type == typeof(string) ? "a string" : type == typeof(bool) ? "true or false" : type == typeof(int) || type == typeof(long) ? "an integer"
            : type == typeof(float) || type == typeof(double) ? "a number"
            : info.Kind switch { JsonTypeInfoKind.Enumerable => "a list", JsonTypeInfoKind.None => null, _ => "an object" };
    }
}

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Moesaic.Methods.Compression.Allocation;
using Moesaic.Models;

namespace Moesaic.Methods.Compression.Plans;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, NewLine = "\n",
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(OnOneLine<int>), typeof(OnOneLine<double>), typeof(PruneScopeConverter)])]
[JsonSerializable(typeof(PrunePlan))]
[JsonSerializable(typeof(ExpertSelection))]
sealed partial class PrunePlanJson : JsonSerializerContext;

sealed class PruneScopeConverter() : JsonStringEnumConverter<PruneScope>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);

/// <summary>A list of numbers on one line: a line for each expert is nothing to read.</summary>
sealed class OnOneLine<T> : JsonConverter<IReadOnlyList<T>> where T : struct, IParsable<T>, IFormattable
{
    public override IReadOnlyList<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException("need a list of numbers");
        var list = new List<T>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            list.Add(reader.TokenType == JsonTokenType.Number && T.TryParse(System.Text.Encoding.UTF8.GetString(reader.ValueSpan), CultureInfo.InvariantCulture, out var number)
                ? number : throw new JsonException($"a list of numbers holds something that is no {typeof(T).Name}"));
        return list;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<T> value, JsonSerializerOptions options) =>
        writer.WriteRawValue("[" + string.Join(", ", value.Select(n => n.ToString(null, CultureInfo.InvariantCulture))) + "]");
}

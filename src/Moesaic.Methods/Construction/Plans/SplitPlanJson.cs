using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Moesaic.Models;

namespace Moesaic.Methods.Construction.Plans;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, NewLine = "\n",
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(IndexListConverter), typeof(AffinityConverter), typeof(ScoreConverter), typeof(NoiseConverter), typeof(WeightConverter),
        typeof(KeysConverter)])]
[JsonSerializable(typeof(SplitPlan))]
sealed partial class SplitPlanJson : JsonSerializerContext;

sealed class AffinityConverter() : JsonStringEnumConverter<RouterAffinity>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);

sealed class ScoreConverter() : JsonStringEnumConverter<RouterScore>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);

sealed class NoiseConverter() : JsonStringEnumConverter<RouterNoise>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);

sealed class WeightConverter() : JsonStringEnumConverter<CombineWeight>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);

sealed class KeysConverter() : JsonStringEnumConverter<ExpertKeys>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);

/// <summary>A list of neurons on one line: thousands of lines with a number each are nothing to read.</summary>
sealed class IndexListConverter : JsonConverter<int[]>
{
    public override int[] Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException("need a list of neuron numbers");
        var list = new List<int>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            list.Add(reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var index)
                ? index : throw new JsonException("a neuron must be a whole number"));
        return [.. list];
    }

    public override void Write(Utf8JsonWriter writer, int[] value, JsonSerializerOptions options) =>
        writer.WriteRawValue("[" + string.Join(", ", value.Select(i => i.ToString(CultureInfo.InvariantCulture))) + "]");
}

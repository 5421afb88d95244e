using System.Text.Json;
using Moesaic.Extensions.AI;
using Moesaic.Inference;
using Moesaic.Server.Errors;
using Moesaic.Server.Protocol;

namespace Moesaic.Server.Requests;

/// <summary>What requests for completions and for chat have in common.</summary>
static class GenerationReader
{
    public static void CheckStream(GenerationFields fields)
    {
        Fields.User("user", fields.User);
        if (fields.StreamOptions is not { } options) return;
        if (fields.Stream is not true) throw ApiException.Field("stream_options", "means nothing without stream.", "unsupported_value");
        Fields.Only("stream_options.include_obfuscation", options.IncludeObfuscation?.ToString(), "nothing is added to hide lengths; leave it out or say false", "False");
    }

    /// <summary>What the text has to be; null for any.</summary>
    public static CompiledGrammar? Format(ResponseFormat? format, MoesaicModel model)
    {
        var key = format?.Type == "json_schema" ? $"json_schema {Schema(format).GetRawText()}" : format?.Type;
        return Grammar(format) is { } make ? Fields.Named("response_format", () => model.Compile(key!, make), "unsupported_schema") : null;
    }

    /// <summary>What makes the grammar of a format; null for any text.</summary>
    public static Func<Grammar>? Grammar(ResponseFormat? format)
    {
        if (format is null || format is { Type: "text", JsonSchema: null }) return null;
        if (format is { Type: "json_object", JsonSchema: null }) return Inference.Grammar.JsonObject;
        if (format.Type == "json_schema") return () => Inference.Grammar.JsonSchema(Schema(format));
        throw ApiException.Field("response_format", "need {\"type\": \"text\"}, {\"type\": \"json_object\"} or {\"type\": \"json_schema\", \"json_schema\": {\"name\": ..., \"schema\": {...}}}.");
    }

    static JsonElement Schema(ResponseFormat format) =>
        format.JsonSchema?.Schema ?? throw ApiException.Field("response_format.json_schema.schema", "is needed.", "missing_field");

    /// <summary>The sooner of what the client and the server want.</summary>
    public static TimeSpan? Deadline(MoesaicFields? fields, ServerOptions options)
    {
        if (fields?.DeadlineSeconds is not { } seconds) return options.Deadline;
        if (seconds is not (> 0 and <= 86_400)) throw ApiException.Field("moesaic.deadline_seconds", "need more than 0 and at most 86400.", "out_of_range");
        var asked = TimeSpan.FromSeconds(seconds);
        return asked < options.Deadline || options.Deadline is null ? asked : options.Deadline;
    }
}

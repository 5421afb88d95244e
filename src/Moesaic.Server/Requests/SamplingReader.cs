using System.Globalization;
using System.Security.Cryptography;
using Moesaic.Extensions.AI;
using Moesaic.Inference;
using Moesaic.Server.Errors;
using Moesaic.Server.Protocol;

namespace Moesaic.Server.Requests;

/// <summary>How tokens are to be chosen.</summary>
static class SamplingReader
{
    public static SamplingOptions Read(GenerationFields fields, MoesaicModel model)
    {
        Check(fields);
        // What the protocol says where neither the request nor the makers of the model do: temperature 1.
        var usual = model.Defaults.Over(new SamplingOptions { Temperature = 1, RepetitionWindow = int.MaxValue });
        return usual with
        {
            Temperature = fields.Temperature ?? usual.Temperature, TopP = fields.TopP ?? usual.TopP, TopK = fields.TopK ?? usual.TopK,
            MinP = fields.MinP ?? usual.MinP, TypicalP = fields.TypicalP ?? usual.TypicalP,
            RepetitionPenalty = fields.RepetitionPenalty ?? usual.RepetitionPenalty,
            FrequencyPenalty = fields.FrequencyPenalty ?? usual.FrequencyPenalty, PresencePenalty = fields.PresencePenalty ?? usual.PresencePenalty,
            RepetitionWindow = fields.RepetitionWindow ?? usual.RepetitionWindow,
            LogitBias = fields.LogitBias is { } bias ? Bias(bias, model) : usual.LogitBias,
            Seed = fields.Seed is { } seed ? unchecked((ulong)seed) : BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))),
        };
    }

    // One by one, so that the field is known that is wrong.
    static void Check(GenerationFields fields)
    {
        var none = new SamplingOptions();
        Check("temperature", none with { Temperature = fields.Temperature ?? none.Temperature });
        Check("top_p", none with { TopP = fields.TopP ?? none.TopP });
        Check("top_k", none with { TopK = fields.TopK ?? none.TopK });
        Check("min_p", none with { MinP = fields.MinP ?? none.MinP });
        Check("typical_p", none with { TypicalP = fields.TypicalP ?? none.TypicalP });
        Check("repetition_penalty", none with { RepetitionPenalty = fields.RepetitionPenalty ?? none.RepetitionPenalty });
        Check("repetition_window", none with { RepetitionWindow = fields.RepetitionWindow ?? none.RepetitionWindow });
        Check("frequency_penalty", none with { FrequencyPenalty = fields.FrequencyPenalty ?? none.FrequencyPenalty });
        Check("presence_penalty", none with { PresencePenalty = fields.PresencePenalty ?? none.PresencePenalty });
    }

    static void Check(string field, SamplingOptions options) => Fields.Named(field, () =>
    {
        options.Validate();
        return options;
    }, "out_of_range");

    /// <summary>Stop texts, checked.</summary>
    public static IReadOnlyList<string> Stop(GenerationFields fields)
    {
        var stop = fields.Stop ?? [];
        if (stop.Count > Limits.StopTexts) throw ApiException.Field("stop", $"has {stop.Count} texts; need at most {Limits.StopTexts}.", "out_of_range");
        if (stop.Any(s => s.Length is 0 or > Limits.StopLength))
            throw ApiException.Field("stop", $"has a text that is empty or longer than {Limits.StopLength} characters.", "out_of_range");
        return stop;
    }

    static Dictionary<int, float> Bias(Dictionary<string, float> given, MoesaicModel model)
    {
        const string Field = "logit_bias";
        if (given.Count > Limits.BiasedTokens) throw ApiException.Field(Field, $"names {given.Count} tokens; need at most {Limits.BiasedTokens}.", "out_of_range");
        var bias = new Dictionary<int, float>();
        foreach (var (name, value) in given)
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id >= model.Spec.VocabularySize)
                throw ApiException.Field(Field, $"\"{name}\" is no token; the model has tokens 0 to {model.Spec.VocabularySize - 1}.");
            // The protocol's −100 stands for never.
            if (!bias.TryAdd(id, value switch { -100 => float.NegativeInfinity, < -100 or > 100 or float.NaN => throw Range(id, value), _ => value }))
                throw ApiException.Field(Field, $"names token {id} twice.");
        }
        return bias;

        static ApiException Range(int id, float value) =>
            ApiException.Field(Field, FormattableString.Invariant($"{value} for token {id} is out of range; need -100 to 100."), "out_of_range");
    }
}

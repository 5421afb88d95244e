using System.CommandLine;
using System.Globalization;
using Moesaic.Cli.Recipes;
using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Kernels;

namespace Moesaic.Cli.Verbs;

/// <summary>The options of commands that generate text: how much, where to stop, how tokens are chosen, the cache.</summary>
sealed class GenerationFlags
{
    readonly Option<string?> maxTokens = Number("--max-tokens", "Most tokens to generate; 0: until the context is full", "256");
    readonly Option<string[]> stop = Several("--stop", "A text that ends the generation; may be given several times", "text");
    readonly Option<string?> temperature = Number("--temperature", "0 always takes the most likely token; more is more varied", "0");
    readonly Option<string?> topK = Number("--top-k", "Choose among so many of the most likely tokens; 0: all", "0");
    readonly Option<string?> topP = Number("--top-p", "Choose among the fewest tokens whose probabilities sum to this", "1");
    readonly Option<string?> minP = Number("--min-p", "Choose among tokens at least this many times as likely as the most likely one", "0");
    readonly Option<string?> typicalP = Number("--typical-p", "Choose among the tokens of the most usual surprise whose probabilities sum to this", "1");
    readonly Option<string?> repetition = Number("--repetition-penalty", "Above 1 makes tokens that were there less likely", "1");
    readonly Option<string?> frequency = Number("--frequency-penalty", "Taken from a token's logit each time it was there; -2 to 2", "0");
    readonly Option<string?> presence = Number("--presence-penalty", "Taken from a token's logit once when it was there; -2 to 2", "0");
    readonly Option<string?> window = Number("--repetition-window", "How many tokens back the penalties look", "64");
    readonly Option<string[]> bias = Several("--logit-bias", "Added to the logit of a token; -inf forbids it; may be given several times", "id=n");
    readonly Option<string?> seed = Number("--seed", "The only source of randomness", "1");
    readonly Option<string?> task = new("--task") { Description = "The task to work on, for a model that routes by task", HelpName = "name" };
    readonly Option<string?> cache = new("--cache")
    {
        Description = "How keys and values are kept: f32 as computed, f16 half as large, q8_0 a quarter", HelpName = "type", DefaultValueFactory = _ => "f32",
    };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[]
        {
            maxTokens, stop, temperature, topK, topP, minP, typicalP, repetition, frequency, presence, window, bias, seed, task, cache,
        })
        {
            command.Add(option);
        }
    }

    /// <summary>What was asked for, checked.</summary>
    /// <exception cref="BadRequestException">A value is no number or out of range.</exception>
    public GenerationOptions Read(ParseResult parsed)
    {
        var options = new GenerationOptions
        {
            MaxTokens = Value<int>(parsed, maxTokens) is var most and not 0 ? most : null,
            Stop = parsed.GetValue(stop) ?? [],
            Task = parsed.GetValue(task),
            Sampling = new SamplingOptions
            {
                Temperature = Value<float>(parsed, temperature),
                TopK = Value<int>(parsed, topK),
                TopP = Value<float>(parsed, topP),
                MinP = Value<float>(parsed, minP),
                TypicalP = Value<float>(parsed, typicalP),
                RepetitionPenalty = Value<float>(parsed, repetition),
                FrequencyPenalty = Value<float>(parsed, frequency),
                PresencePenalty = Value<float>(parsed, presence),
                RepetitionWindow = Value<int>(parsed, window),
                LogitBias = Bias(parsed.GetValue(bias) ?? []),
                Seed = Value<ulong>(parsed, seed),
            },
        };
        options.Validate();
        return options;
    }

    public CacheEncoding Cache(ParseResult parsed) => Value<CacheEncoding>(parsed, cache);

    internal static Option<string?> Number(string name, string description, string initial) => new(name)
    {
        Description = description, HelpName = "n", DefaultValueFactory = _ => initial,
    };

    internal static T Value<T>(ParseResult parsed, Option<string?> option) where T : struct =>
        ScalarText.Parse<T>(option.Name, parsed.GetValue(option)!);

    internal static Option<string[]> Several(string name, string description, string value) => new(name)
    {
        Description = description, HelpName = value, Arity = ArgumentArity.OneOrMore,
    };

    Dictionary<int, float> Bias(IEnumerable<string> given)
    {
        var result = new Dictionary<int, float>();
        foreach (var text in given)
        {
            var at = text.IndexOf('=', StringComparison.Ordinal);
            if (at < 0 || !int.TryParse(text.AsSpan(0, at), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                throw new BadRequestException($"{bias.Name} {text}: give a token's number and what is added, such as 17=-2.5.");
            var value = text[(at + 1)..] is "-inf" ? float.NegativeInfinity : ScalarText.Parse<float>($"{bias.Name} {id}", text[(at + 1)..]);
            if (!result.TryAdd(id, value)) throw new BadRequestException($"{bias.Name} names token {id} twice.");
        }
        return result;
    }
}

using System.CommandLine;
using System.Text;
using Moesaic.Cli.Recipes;
using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Methods.Data;
using Moesaic.Methods.Steps;
using Moesaic.Models.Loading;
using Moesaic.Text;
using Moesaic.Text.Chat;

namespace Moesaic.Cli.Verbs;

/// <summary>moesaic generate folder: continues a text or answers a message, as it comes.</summary>
sealed class GenerateVerb : Verb
{
    readonly TextReader? input;
    readonly Argument<string> model = new("model") { Description = "Model folder or .gguf file" };
    readonly Option<string?> prompt = new("--prompt", "-p") { Description = "The text to continue; without it and --prompt-file, standard input", HelpName = "text" };
    readonly Option<string?> promptFile = new("--prompt-file") { Description = "A UTF-8 file with the text to continue", HelpName = "file" };
    readonly Option<bool> chat = new("--chat") { Description = "The prompt is a message of the user: write it as the model's chat template wants it" };
    readonly Option<string?> system = new("--system") { Description = "With --chat: the system message", HelpName = "text" };
    readonly Option<string?> maxTokens = Number("--max-tokens", "Most tokens to generate; 0: until the context is full", "256");
    readonly Option<string[]> stop = new("--stop") { Description = "A text that ends the generation; may be given several times", HelpName = "text", Arity = ArgumentArity.OneOrMore };
    readonly Option<string?> temperature = Number("--temperature", "0 always takes the most likely token; more is more varied", "0");
    readonly Option<string?> topK = Number("--top-k", "Choose among so many of the most likely tokens; 0: all", "0");
    readonly Option<string?> topP = Number("--top-p", "Choose among the fewest tokens whose probabilities sum to this", "1");
    readonly Option<string?> minP = Number("--min-p", "Choose among tokens at least this many times as likely as the most likely one", "0");
    readonly Option<string?> penalty = Number("--repetition-penalty", "Above 1 makes tokens that were there less likely", "1");
    readonly Option<string?> window = Number("--repetition-window", "How many tokens back the penalty looks", "64");
    readonly Option<string?> seed = Number("--seed", "The only source of randomness", "1");

    /// <param name="input">Standard input, for a prompt that no option gives; null when it is a terminal.</param>
    public GenerateVerb(TextReader? input) : base("generate", "Continue a text, or answer a message with --chat")
    {
        this.input = input;
        Add(model);
        foreach (var option in new Option[] { prompt, promptFile, chat, system, maxTokens, stop, temperature, topK, topP, minP, penalty, window, seed })
            Add(option);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "generate models/demo --prompt \"Returns the number of\"",
        "generate out/chat --chat --prompt \"What is a mosaic?\" --temperature 0.8 --top-p 0.95",
        "generate models/demo --stop \". \" < prompt.txt",
    ];

    public override void Run(ParseResult parsed, Session session)
    {
        var options = Wanted(parsed);
        options.Validate();
        var text = Prompt(parsed);
        var folder = parsed.GetRequiredValue(model);

        using var loaded = ModelFolder.Load(folder, WeightStorage.Stored);
        foreach (var note in loaded.Notes) session.View.Note(note);
        var tokenizer = ModelTokenizer.Load(folder, loaded.Model.Spec);
        using var generator = new Generator(loaded.Model, tokenizer, EndOfText.Ids(folder, loaded.Model.Spec, tokenizer));
        var result = parsed.GetValue(chat)
            ? generator.Generate(Conversation(folder, tokenizer, text, parsed.GetValue(system)), options, session.View.Text, session.Cancellation)
            : generator.Generate(text, options, session.View.Text, session.Cancellation);
        session.View.Measured($"finished: {Why(result.FinishReason)}",
        [
            new Figure("prompt", result.PromptTokens, "tokens"), new Figure("generated", result.Tokens.Count, "tokens"),
            new Figure("prefill_speed", result.PrefillTokensPerSecond, "tokens/s"), new Figure("decode_speed", result.DecodeTokensPerSecond, "tokens/s"),
        ]);
    }

    GenerationOptions Wanted(ParseResult parsed) => new()
    {
        MaxTokens = Value<int>(parsed, maxTokens) is var most and not 0 ? most : null,
        Stop = parsed.GetValue(stop) ?? [],
        Sampling = new SamplingOptions
        {
            Temperature = Value<float>(parsed, temperature),
            TopK = Value<int>(parsed, topK),
            TopP = Value<float>(parsed, topP),
            MinP = Value<float>(parsed, minP),
            RepetitionPenalty = Value<float>(parsed, penalty),
            RepetitionWindow = Value<int>(parsed, window),
            Seed = Value<ulong>(parsed, seed),
        },
    };

    string Prompt(ParseResult parsed)
    {
        if (parsed.GetValue(system) is not null && !parsed.GetValue(chat))
            throw new BadRequestException("--system needs --chat: a text to continue has no system message.");
        switch (parsed.GetValue(prompt), parsed.GetValue(promptFile))
        {
            case ({ }, { }): throw new BadRequestException("Give --prompt or --prompt-file, not both.");
            case ({ } text, null): return text;
            case (null, { } file):
                return ReadFile(file);
            default:
                return input?.ReadToEnd() ?? throw new BadRequestException(
                    "There is no prompt: give --prompt or --prompt-file, or send the text to standard input.");
        }
    }

    static string ReadFile(string file)
    {
        try
        {
            return File.ReadAllText(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw new BadRequestException($"--prompt-file {file} cannot be read as UTF-8 text: {e.Message}", e);
        }
    }

    static int[] Conversation(string folder, ITokenizer tokenizer, string message, string? system)
    {
        ChatMessage[] messages = system is null ? [new("user", message)] : [new("system", system), new("user", message)];
        return tokenizer.Encode(ChatTemplate.Load(folder).Render(messages), addSpecial: false);
    }

    static string Why(FinishReason reason) => reason switch
    {
        FinishReason.Length => "length",
        FinishReason.Stop => "stop",
        _ => "eos",
    };

    static Option<string?> Number(string name, string description, string initial) => new(name)
    {
        Description = description, HelpName = "n", DefaultValueFactory = _ => initial,
    };

    static T Value<T>(ParseResult parsed, Option<string?> option) where T : struct => ScalarText.Parse<T>(option.Name, parsed.GetValue(option)!);
}

using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
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
    readonly Option<string?> logProbabilities = new("--log-probabilities")
    {
        Description = "List each token with its log-probability and so many of the most likely ones", HelpName = "n",
    };
    readonly GenerationFlags flags = new();
    readonly VariantFlags variant = new();

    /// <param name="input">Standard input, for a prompt that no option gives; null when it is a terminal.</param>
    public GenerateVerb(TextReader? input) : base("generate", "Continue a text, or answer a message with --chat")
    {
        this.input = input;
        Add(model);
        foreach (var option in new Option[] { prompt, promptFile, chat, system }) Add(option);
        flags.AddTo(this);
        variant.AddTo(this);
        Add(logProbabilities);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "generate models/demo --prompt \"Returns the number of\"",
        "generate out/chat --chat --prompt \"What is a mosaic?\" --temperature 0.8 --top-p 0.95",
        "generate models/demo --stop \". \" < prompt.txt",
    ];

    public override void Run(ParseResult parsed, Session session)
    {
        var options = flags.Read(parsed);
        if (parsed.GetValue(logProbabilities) is { } top)
            options = options with { LogProbabilities = ScalarText.Parse<int>(logProbabilities.Name, top) };
        options.Validate();
        var cache = flags.Cache(parsed);
        var text = Prompt(parsed);
        var folder = parsed.GetRequiredValue(model);

        using var loaded = variant.Read(parsed).Load(folder, WeightStorage.Stored);
        foreach (var note in loaded.Notes) session.View.Note(note);
        var tokenizer = ModelTokenizer.Load(folder, loaded.Model.Spec);
        using var generator = new Generator(loaded.Model, tokenizer, EndOfText.Ids(folder, loaded.Model.Spec, tokenizer), encoding: cache);
        var result = parsed.GetValue(chat)
            ? generator.Generate(Conversation(folder, tokenizer, text, parsed.GetValue(system)), options, session.View.Text, session.Cancellation)
            : generator.Generate(text, options, session.View.Text, session.Cancellation);
        if (result.LogProbabilities is { } chosen) session.View.Table(Table(chosen, tokenizer));
        session.View.Measured($"finished: {Why(result.FinishReason)}",
        [
            new Figure("prompt", result.PromptTokens, "tokens"), new Figure("generated", result.Tokens.Count, "tokens"),
            new Figure("prefill_speed", result.PrefillTokensPerSecond, "tokens/s"), new Figure("decode_speed", result.DecodeTokensPerSecond, "tokens/s"),
        ]);
    }

    string Prompt(ParseResult parsed)
    {
        if (parsed.GetValue(system) is not null && !parsed.GetValue(chat))
            throw new BadRequestException("--system needs --chat: a text to continue has no system message.");
        switch (parsed.GetValue(prompt), parsed.GetValue(promptFile))
        {
            case ({ }, { }): throw new BadRequestException("Give --prompt or --prompt-file, not both.");
            case ({ } text, null): return text;
            case (null, { } file):
                return TextFile.Read(promptFile.Name, file);
            default:
                return input?.ReadToEnd() ?? throw new BadRequestException(
                    "There is no prompt: give --prompt or --prompt-file, or send the text to standard input.");
        }
    }

    static int[] Conversation(string folder, ITokenizer tokenizer, string message, string? system)
    {
        ChatMessage[] messages = system is null ? [new("user", message)] : [new("system", system), new("user", message)];
        return ChatTemplate.Load(folder).Encode(tokenizer, messages);
    }

    static ReportTable Table(IReadOnlyList<ChosenToken> chosen, ITokenizer tokenizer)
    {
        return new ReportTable("Log-probabilities", ["token", "text", "log-probability", "most likely"],
        [
            .. chosen.Select(c => (IReadOnlyList<string>)
            [
                c.Token.Id.ToString(CultureInfo.InvariantCulture), Text(c.Token.Id), Number(c.Token), string.Join(", ", c.Top.Select(t => $"{Text(t.Id)} {Number(t)}")),
            ]),
        ]);

        string Text(int id) => JsonEncodedText.Encode(tokenizer.Decode([id], skipSpecial: false), JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();

        static string Number(TokenLogProbability token) => token.LogProbability.ToString("F4", CultureInfo.InvariantCulture);
    }

    internal static string Why(FinishReason reason) => reason switch
    {
        FinishReason.Length => "length",
        FinishReason.Stop => "stop",
        _ => "eos",
    };
}

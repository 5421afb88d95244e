using System.CommandLine;
using Moesaic.Cli.Chat;
using Moesaic.Cli.Recipes;
using Moesaic.Cli.Ui;
using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Methods.Data;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Models.Loading;
using Moesaic.Text;
using Moesaic.Text.Chat;

namespace Moesaic.Cli.Verbs;

/// <summary>moesaic chat folder: a conversation, line by line.</summary>
sealed class ChatVerb : Verb
{
    const long DefaultCacheBytes = 2_000_000_000;

    readonly Func<TextReader> input;
    readonly bool isTerminal;
    readonly Argument<string> model = new("model") { Description = "Model folder or .gguf file" };
    readonly Option<string?> system = new("--system") { Description = "The system message", HelpName = "text" };
    readonly Option<string?> template = new("--template") { Description = "A Jinja file to write the conversation with, in place of the model's chat template", HelpName = "file" };
    readonly Option<string?> context = new("--context") { Description = "Longest conversation in tokens [default: the model's, at most what 2 GB of cache hold]", HelpName = "n" };
    readonly GenerationFlags flags = new();
    readonly VariantFlags variant = new();

    /// <param name="input">Standard input.</param>
    /// <param name="isTerminal">Whether a person types there.</param>
    public ChatVerb(Func<TextReader> input, bool isTerminal) : base("chat", "Talk with a model")
    {
        (this.input, this.isTerminal) = (input, isTerminal);
        Add(model);
        foreach (var option in new Option[] { system, template, context }) Add(option);
        flags.AddTo(this);
        variant.AddTo(this);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "chat models/demo",
        "chat out/chat --system \"Be brief.\" --temperature 0.7 --top-p 0.95",
        "chat out/chat --json < messages.jsonl",
    ];

    public override void Run(ParseResult parsed, Session session)
    {
        var options = flags.Read(parsed);
        var folder = parsed.GetRequiredValue(model);
        using var loaded = variant.Read(parsed).Load(folder, WeightStorage.Stored);
        foreach (var note in loaded.Notes) session.View.Note(note);
        var spec = loaded.Model.Spec;
        var tokenizer = ModelTokenizer.Load(folder, spec);
        var form = Template(parsed, folder, tokenizer);
        using var engine = new Engine(loaded.Model, tokenizer, EndOfText.Ids(folder, spec, tokenizer), Sizes(parsed, spec, session.View));
        var conversation = new Conversation(engine, tokenizer, form, options);
        conversation.StartWith(parsed.GetValue(system) ?? "");
        Talk(conversation, session);
    }

    void Talk(Conversation conversation, Session session)
    {
        var typed = isTerminal && !session.Json;
        using var interrupts = new AnswerInterrupts(() => session.View.Note("Ctrl-C again, or /quit, leaves."));
        session.Signals.Interrupted = interrupts.Interrupt;
        try
        {
            if (typed) session.View.Note("/help lists the commands; Ctrl-C stops an answer.");
            for (var line = 1; Read(line, typed, session) is { } text; line++)
            {
                try
                {
                    var asked = session.Json ? ChatInput.Json(text, line) : ChatInput.Typed(text);
                    if (asked.Action == ChatAction.Quit) return;
                    Do(asked, conversation, session, interrupts, typed);
                }
                // A person may try something else; a program must not go on as if nothing had happened.
                catch (MoesaicException e) when (typed)
                {
                    session.View.Warn(e.Message);
                }
            }
        }
        finally
        {
            session.Signals.Interrupted = null;
        }
    }

    string? Read(int line, bool typed, Session session)
    {
        if (typed) session.View.Text(line == 1 ? "> " : "\n> ");
        // Reading cannot be cancelled; waiting for it can.
        return Task.Run(input().ReadLine).WaitAsync(session.Cancellation).GetAwaiter().GetResult();
    }

    static void Do(ChatInput asked, Conversation conversation, Session session, AnswerInterrupts interrupts, bool typed)
    {
        switch (asked.Action)
        {
            case ChatAction.Ask: Answer(asked.Text, conversation, session, interrupts, typed); break;
            case ChatAction.System: conversation.StartWith(asked.Text); break;
            case ChatAction.Reset: conversation.Reset(); break;
            case ChatAction.Save: conversation.Save(asked.Text); break;
            case ChatAction.Help: session.View.Note(ChatInput.Help); break;
        }
    }

    static void Answer(string message, Conversation conversation, Session session, AnswerInterrupts interrupts, bool typed)
    {
        GenerationResult? result;
        var stop = interrupts.Begin();
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, session.Cancellation);
            result = conversation.Answer(message, session.View.Text, either.Token);
        }
        finally
        {
            interrupts.End();
        }
        session.Cancellation.ThrowIfCancellationRequested();
        if (!session.Json) session.View.Text("\n");
        if (result is null) session.View.Note("stopped");
        else if (!typed) session.View.Measured($"finished: {GenerateVerb.Why(result.FinishReason)}", Figures(result));
        else if (result.FinishReason == FinishReason.Length) session.View.Note("cut here: --max-tokens, or the context is full");
    }

    static IReadOnlyList<Figure> Figures(GenerationResult result) =>
    [
        new("prompt", result.PromptTokens, "tokens"), new("reused", result.ReusedTokens, "tokens"), new("generated", result.Tokens.Count, "tokens"),
        new("prefill_speed", result.PrefillTokensPerSecond, "tokens/s"), new("decode_speed", result.DecodeTokensPerSecond, "tokens/s"),
    ];

    ChatTemplate Template(ParseResult parsed, string folder, ITokenizer tokenizer)
    {
        if (parsed.GetValue(template) is not { } file)
        {
            return ChatTemplate.Find(folder) ?? throw new BadModelException(
                $"{folder}: the model has no chat template: it completes text and was not made to answer. " +
                "Use moesaic generate, or give the template it was trained with by --template.");
        }
        return ChatTemplate.Parse(TextFile.Read(template.Name, file), tokenizer, file);
    }

    BatchOptions Sizes(ParseResult parsed, ModelSpec spec, IView view)
    {
        var encoding = flags.Cache(parsed);
        if (parsed.GetValue(context) is { } given)
        {
            var tokens = ScalarText.Parse<int>(context.Name, given);
            if (tokens < 1 || tokens > spec.MaxPositions)
                throw new BadRequestException($"{context.Name} is {tokens}; the model was made for 1 to {spec.MaxPositions} tokens.");
            return new BatchOptions { CacheTokens = tokens, Encoding = encoding };
        }
        var sizes = BatchOptions.Within(spec, DefaultCacheBytes, encoding: encoding);
        if (sizes.CacheTokens < spec.MaxPositions)
            view.Note($"the conversation may have {sizes.CacheTokens} tokens of the model's {spec.MaxPositions}; {context.Name} allows more");
        return sizes;
    }
}

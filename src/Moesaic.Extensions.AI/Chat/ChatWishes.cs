using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Moesaic.Formats;
using Moesaic.Inference;

namespace Moesaic.Extensions.AI;

/// <summary>What <see cref="ChatOptions"/> ask for, in the words of the engine. They are read, never changed; what cannot be had is refused by name.</summary>
static class ChatWishes
{
    static readonly string[] Properties = ["task", "client", "deadline", "chat_template_kwargs"];

    /// <summary>The request.</summary>
    /// <param name="model">The model.</param>
    /// <param name="messages">The turns.</param>
    /// <param name="options">The caller's, or null.</param>
    /// <param name="client">Who asks, for <see cref="ChatOptions.RawRepresentationFactory"/>.</param>
    /// <exception cref="BadRequestException">Something in them is not possible.</exception>
    public static (GenerationRequest Request, ToolSet? Tools) Read(
        MoesaicModel model, IReadOnlyList<ChatMessage> messages, ChatOptions? options, IChatClient client)
    {
        options ??= new ChatOptions();
        Refuse(options, model);
        var tools = Tools(options);
        var generation = Generation(model, options, tools, client);
        var variables = Property<IReadOnlyDictionary<string, object?>>(options, "chat_template_kwargs");
        return (new GenerationRequest
        {
            Prompt = ChatPrompt.Encode(model, ChatMessages.Read(messages, options.Instructions), tools, variables),
            Options = generation,
            Client = Property<string>(options, "client") ?? "",
            Deadline = Property<object>(options, "deadline") is { } deadline
                ? deadline as TimeSpan? ?? throw new BadRequestException("AdditionalProperties: deadline must be a TimeSpan.") : null,
        }, tools);
    }

    static void Refuse(ChatOptions options, MoesaicModel model)
    {
        if (options.ModelId is { } id && id != model.Name) throw new BadRequestException($"ModelId is {id}; this client has {model.Name} and no other model.");
        if (options.ConversationId is not null) throw new BadRequestException("ConversationId: conversations are not kept here; send all messages every time.");
        if (options.Reasoning is not null)
            throw new BadRequestException("Reasoning: how much a model thinks is a matter of its template; give its variables in AdditionalProperties, chat_template_kwargs.");
#pragma warning disable MEAI001 // Named only to be refused.
        if (options.AllowBackgroundResponses == true || options.ContinuationToken is not null)
            throw new BadRequestException("AllowBackgroundResponses and ContinuationToken: answers come while they are asked for.");
#pragma warning restore MEAI001
        if (options.AdditionalProperties?.Keys.FirstOrDefault(key => !Properties.Contains(key, StringComparer.Ordinal)) is { } unknown)
            throw new BadRequestException($"AdditionalProperties: {unknown} is unknown; known are {string.Join(", ", Properties)}.");
    }

    static GenerationOptions Generation(MoesaicModel model, ChatOptions options, ToolSet? tools, IChatClient client)
    {
        var start = options.RawRepresentationFactory?.Invoke(client) switch
        {
            null => new GenerationOptions
            {
                MaxTokens = null,
                Sampling = model.Defaults.Over(new SamplingOptions { Seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) }),
            },
            GenerationOptions own => own,
            var other => throw new BadRequestException($"RawRepresentationFactory made a {other.GetType().Name}; need {nameof(GenerationOptions)}."),
        };
        var sampling = start.Sampling;
        return start with
        {
            MaxTokens = options.MaxOutputTokens ?? start.MaxTokens,
            Stop = options.StopSequences is { } stop ? [.. stop] : start.Stop,
            Task = Property<string>(options, "task") ?? start.Task,
            Constraint = Constraint(model, options, tools) ?? start.Constraint,
            Shown = tools is null ? start.Shown : model.ToolCalls.Shown.Concat(start.Shown).ToHashSet(),
            Sampling = sampling with
            {
                Temperature = options.Temperature ?? sampling.Temperature,
                TopP = options.TopP ?? sampling.TopP,
                TopK = options.TopK ?? sampling.TopK,
                FrequencyPenalty = options.FrequencyPenalty ?? sampling.FrequencyPenalty,
                PresencePenalty = options.PresencePenalty ?? sampling.PresencePenalty,
                Seed = options.Seed is { } seed ? unchecked((ulong)seed) : sampling.Seed,
            },
        };
    }

    static ToolSet? Tools(ChatOptions options)
    {
        var (choice, required) = options.ToolMode switch
        {
            null or AutoChatToolMode => (ToolChoice.Auto, null),
            NoneChatToolMode => (ToolChoice.None, null),
            RequiredChatToolMode mode => (ToolChoice.Required, mode.RequiredFunctionName),
            var mode => throw new BadRequestException($"ToolMode: {mode.GetType().Name} is not possible."),
        };
        if (options.Tools is not { Count: > 0 } tools)
            return choice != ToolChoice.Required ? null : throw new BadRequestException("ToolMode: a function has to be called, and there is none in Tools.");
        return new ToolSet([.. tools.Select(Function)], choice, required, options.AllowMultipleToolCalls ?? true);
    }

    static ToolFunction Function(AITool tool) => tool is AIFunctionDeclaration function
        ? new ToolFunction(function.Name, function.Description is { Length: > 0 } text ? text : null, function.JsonSchema)
        : throw new BadRequestException($"Tools: {tool.Name} is a {tool.GetType().Name}; this model calls functions alone.");

    static ITokenConstraint? Constraint(MoesaicModel model, ChatOptions options, ToolSet? tools)
    {
        JsonElement? schema = null;
        switch (options.ResponseFormat)
        {
            case null or ChatResponseFormatText:
                if (tools?.Choice != ToolChoice.Required) return null;
                break;
            case ChatResponseFormatJson json: schema = json.Schema; break;
            case var other: throw new BadRequestException($"ResponseFormat: {other.GetType().Name} is not possible.");
        }
        var isJson = options.ResponseFormat is ChatResponseFormatJson;
        var key = $"{isJson} {schema?.GetRawText()} {tools?.Choice} {tools?.Required} {tools?.Parallel} {(tools is null ? "" : ToolFunction.Json(tools.Functions).GetRawText())}";
        return model.Compile(key, () =>
        {
            var answer = !isJson ? null : schema is { } given ? Grammar.JsonSchema(given) : Grammar.JsonObject();
            return (tools is null ? answer : model.ToolCalls.Grammar(tools, answer))!;
        }).Start();
    }

    static T? Property<T>(ChatOptions options, string key) where T : class
    {
        if (options.AdditionalProperties?.TryGetValue(key, out var value) != true || value is null) return null;
        return value as T ?? throw new BadRequestException($"AdditionalProperties: {key} is a {value.GetType().Name}, which is not what is needed.");
    }
}

using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Moesaic.Inference;

namespace Moesaic.Extensions.AI;

/// <summary>
/// Chats with a model in this process. For any thread; many answers are computed together. Disposing it leaves the model alone.
/// </summary>
/// <remarks>
/// Honoured in <see cref="ChatOptions"/>: Instructions, Temperature, TopP, TopK, FrequencyPenalty, PresencePenalty, Seed, MaxOutputTokens, StopSequences,
/// ResponseFormat, Tools, ToolMode, AllowMultipleToolCalls, ModelId (only this model's), RawRepresentationFactory (a <see cref="GenerationOptions"/> to
/// start from), and of AdditionalProperties <c>task</c>, <c>client</c>, <c>deadline</c> and <c>chat_template_kwargs</c>. All else is refused by name.
/// What is left out is as the model's generation_config.json says, else greedy; an answer may fill the context; the seed is a new one.
/// </remarks>
/// <param name="model">The model; must outlive this.</param>
public sealed class MoesaicChatClient(MoesaicModel model) : IChatClient
{
    readonly ChatClientMetadata metadata = new("moesaic", defaultModelId: model.Name);

    /// <summary>Answers.</summary>
    /// <inheritdoc cref="GetStreamingResponseAsync"/>
    /// <returns>The whole answer.</returns>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Answers as it goes. Leaving the enumeration ends the work on the answer and frees its memory.</summary>
    /// <param name="messages">The turns.</param>
    /// <param name="options">How to answer; read, never changed.</param>
    /// <param name="cancellationToken">Ends the answer.</param>
    /// <returns>
    /// Text as it becomes certain, calls of functions whole; the last update has the reason of the end and the usage. Each has the
    /// <see cref="GenerationPiece"/> it came from as RawRepresentation.
    /// </returns>
    /// <exception cref="Formats.BadRequestException">
    /// An option or a message is not possible, or the conversation leaves no room (<see cref="ContextExceededException"/>).
    /// </exception>
    /// <exception cref="QueueFullException">Too many requests wait.</exception>
    /// <exception cref="TimeoutException">The deadline is over.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the model was disposed.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        // Taken now: callers may change theirs while the answer comes.
        return Answer([.. messages], options?.Clone(), cancellationToken);
    }

    /// <summary>This, its metadata, or its model.</summary>
    /// <param name="serviceType">What is wanted.</param>
    /// <param name="serviceKey">Null; nothing has a key.</param>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        return new object[] { this, metadata, model, model.Queue }.FirstOrDefault(serviceType.IsInstanceOfType);
    }

    /// <summary>Does nothing: the model belongs to who opened it.</summary>
    public void Dispose() { }

    async IAsyncEnumerable<ChatResponseUpdate> Answer(
        IReadOnlyList<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // Long conversations and schemas take a while to prepare, which whoever asks may not have on their thread.
        var (request, tools) = await Task.Run(() => ChatWishes.Read(model, messages, options, this), cancellation).ConfigureAwait(false);
        var parser = tools is null ? null : model.ToolCalls.Parser(tools);
        var (response, message, at) = (NewId(), NewId(), TimeProvider.System.GetUtcNow());
        var tokens = 0;
        await foreach (var piece in model.Queue.Generate(request, cancellation).WithCancellation(cancellation).ConfigureAwait(false))
        {
            tokens += piece.Tokens.Count;
            List<AIContent> contents = parser is null ? Text(piece.Text) : [.. parser.Push(piece.Text).Select(Content)];
            var ended = parser is { HasEnded: true };
            if (piece.FinishReason is not null && parser is not null) contents.AddRange(parser.Finish().Select(Content));
            if (piece.FinishReason is not null || ended) contents.Add(new UsageContent(Usage(request, piece.Usage, tokens)));
            if (contents.Count == 0) continue;
            yield return new ChatResponseUpdate(ChatRole.Assistant, contents)
            {
                ResponseId = response, MessageId = message, ModelId = model.Name, CreatedAt = at, RawRepresentation = piece,
                FinishReason = ended ? ChatFinishReason.ToolCalls : Reason(piece.FinishReason, parser),
            };
            if (ended) yield break;
        }
    }

    static List<AIContent> Text(string text) => text.Length > 0 ? [new TextContent(text)] : [];

    static AIContent Content(AnswerPart part) => part.Call is not { } call ? new TextContent(part.Text)
        : new FunctionCallContent(call.Id!, call.Name, call.Arguments.EnumerateObject().ToDictionary(p => p.Name, p => (object?)p.Value, StringComparer.Ordinal));

    static ChatFinishReason? Reason(FinishReason? reason, ToolCallParser? parser) => reason switch
    {
        null => null,
        FinishReason.Length => ChatFinishReason.Length,
        _ => parser is { Calls: > 0 } ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop,
    };

    static UsageDetails Usage(GenerationRequest request, GenerationUsage? usage, int tokens) => new()
    {
        InputTokenCount = request.Prompt.Length, OutputTokenCount = tokens, TotalTokenCount = request.Prompt.Length + tokens,
        CachedInputTokenCount = usage?.CachedTokens,
    };

    static string NewId() => Guid.NewGuid().ToString("N");
}

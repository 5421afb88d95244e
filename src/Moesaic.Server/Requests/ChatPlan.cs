using System.Text.Json;
using Moesaic.Extensions.AI;
using Moesaic.Inference;
using Moesaic.Server.Errors;
using Moesaic.Server.Protocol;
using Moesaic.Server.Security;

namespace Moesaic.Server.Requests;

/// <summary>A checked request for chat.</summary>
sealed record ChatPlan
{
    public required GenerationRequest Request { get; init; }

    /// <summary>The functions that may be called, or null.</summary>
    public required ToolSet? Tools { get; init; }

    public required bool LogProbabilities { get; init; }

    public required bool Streams { get; init; }

    public required bool StreamsUsage { get; init; }

    /// <summary>Whether <c>moesaic</c> was in the request.</summary>
    public required bool IsExtended { get; init; }

    /// <summary>Checks a request.</summary>
    /// <exception cref="ApiException">A field is wrong, or cannot be honoured.</exception>
    public static ChatPlan Of(ChatRequest request, MoesaicModel model, ServerOptions options, Caller caller)
    {
        Fields.Model(request.Model, model.Name);
        Refuse(request);
        Fields.Range("n", request.N, 1, options.MaxBatch);
        Fields.Range("top_logprobs", request.TopLogprobs, 0, Limits.TopLogProbs);
        var isLikely = request.Logprobs ?? false;
        if (request.TopLogprobs is not null && !isLikely) throw ApiException.Field("top_logprobs", "means nothing without logprobs.", "unsupported_value");
        GenerationReader.CheckStream(request);
        Fields.User("safety_identifier", request.SafetyIdentifier);
        var tools = Conversation.Tools(request.Tools, request.ToolChoice, request.ParallelToolCalls);
        return new ChatPlan
        {
            Tools = tools, LogProbabilities = isLikely, Streams = request.Stream ?? false, StreamsUsage = request.StreamOptions?.IncludeUsage ?? false,
            IsExtended = request.Moesaic is not null,
            Request = new GenerationRequest
            {
                Prompt = Conversation.Encode(model, Fields.Required("messages", request.Messages), tools, request.ChatTemplateKwargs, addGenerationPrompt: true),
                Count = request.N ?? 1, WantsRouting = request.Moesaic?.Routing ?? false, Client = caller.Client(request.User ?? request.SafetyIdentifier),
                Deadline = GenerationReader.Deadline(request.Moesaic, options),
                Options = new GenerationOptions
                {
                    MaxTokens = MaxTokens(request), Stop = SamplingReader.Stop(request), Task = request.Task,
                    LogProbabilities = isLikely ? request.TopLogprobs ?? 0 : null, Constraint = Grammar(request, tools, model)?.Start(),
                    Sampling = SamplingReader.Read(request, model), Shown = tools is null ? new HashSet<int>() : model.ToolCalls.Shown,
                },
            },
        };
    }

    static void Refuse(ChatRequest request)
    {
        Fields.Refuse("audio", request.Audio, "only text is written");
        Fields.Refuse("function_call", request.FunctionCall, "tool_choice took its place");
        Fields.Refuse("functions", request.Functions, "tools took its place");
        Fields.Refuse("metadata", request.Metadata, "nothing is stored");
        Fields.Refuse("prediction", request.Prediction, "predicted text is of no use here");
        Fields.Refuse("prompt_cache_retention", request.PromptCacheRetention, "the cache keeps prompts as long as there is room");
        Fields.Refuse("reasoning_effort", request.ReasoningEffort, "templates have variables of their own for it: chat_template_kwargs");
        Fields.Refuse("verbosity", request.Verbosity, "no template knows it");
        Fields.Refuse("web_search_options", request.WebSearchOptions, "nothing is searched");
        if (request.Store is true) throw ApiException.Field("store", "nothing is stored; leave it out or say false.", "unsupported_value");
        Fields.Only("service_tier", request.ServiceTier, "there is one tier: leave it out, or say auto or default", "auto", "default");
        foreach (var modality in request.Modalities ?? []) Fields.Only("modalities", modality ?? "null", "need text", "text");
    }

    static int? MaxTokens(ChatRequest request)
    {
        Fields.Range("max_tokens", request.MaxTokens, 1, int.MaxValue);
        Fields.Range("max_completion_tokens", request.MaxCompletionTokens, 1, int.MaxValue);
        if (request is { MaxTokens: { } old, MaxCompletionTokens: { } most } && old != most)
            throw ApiException.Field("max_tokens", "says something else than max_completion_tokens; give one of them.");
        return request.MaxCompletionTokens ?? request.MaxTokens;
    }

    static CompiledGrammar? Grammar(ChatRequest request, ToolSet? tools, MoesaicModel model)
    {
        if (tools is null || tools.Choice == ToolChoice.None) return GenerationReader.Format(request.ResponseFormat, model);
        var isFree = request.ResponseFormat?.Type is null or "text";
        if (tools.Choice == ToolChoice.Auto && isFree) return GenerationReader.Format(request.ResponseFormat, model);
        // All that it depends on.
        var key = $"tools {tools.Choice} {tools.Required} {tools.Parallel} " +
            $"{JsonSerializer.Serialize(request.Tools!, ServerJson.Wire.IReadOnlyListToolDefinition)} {JsonSerializer.Serialize(request.ResponseFormat!, ServerJson.Wire.ResponseFormat)}";
        return Fields.Named("tools", () => model.Compile(key, () => model.ToolCalls.Grammar(tools, GenerationReader.Grammar(request.ResponseFormat)?.Invoke())!), "unsupported_schema");
    }
}

using Moesaic.Extensions.AI;
using Moesaic.Inference;
using Moesaic.Server.Errors;
using Moesaic.Server.Protocol;
using Moesaic.Server.Security;

namespace Moesaic.Server.Requests;

/// <summary>A checked request for completions.</summary>
sealed record CompletionPlan
{
    /// <summary>One for each prompt.</summary>
    public required IReadOnlyList<GenerationRequest> Requests { get; init; }

    /// <summary>The prompts' texts; null when they are not to be repeated.</summary>
    public required IReadOnlyList<string>? Echoes { get; init; }

    /// <summary>Answers to each prompt, the best of those that are generated.</summary>
    public required int Answers { get; init; }

    /// <summary>How many of the most likely tokens are listed; null: no log-probabilities.</summary>
    public required int? Top { get; init; }

    public required bool Streams { get; init; }

    public required bool StreamsUsage { get; init; }

    /// <summary>Whether <c>moesaic</c> was in the request.</summary>
    public required bool IsExtended { get; init; }

    /// <summary>Checks a request.</summary>
    /// <exception cref="ApiException">A field is wrong, or cannot be honoured.</exception>
    public static CompletionPlan Of(CompletionRequest request, MoesaicModel model, ServerOptions options, Caller caller)
    {
        Fields.Model(request.Model, model.Name);
        Fields.Refuse("suffix", request.Suffix, "texts are written behind a prompt only");
        Fields.Range("logprobs", request.Logprobs, 0, Limits.TopLogProbs);
        Fields.Range("max_tokens", request.MaxTokens, 0, int.MaxValue);
        var prompts = PromptIds.Of("prompt", Fields.Required("prompt", request.Prompt), request.AddSpecialTokens ?? true, model);
        var (answers, streams, echo) = (request.N ?? 1, request.Stream ?? false, request.Echo ?? false);
        Fields.Range("n", answers, 1, options.MaxBatch);
        Fields.Range("best_of", request.BestOf, answers, options.MaxBatch);
        var texts = request.BestOf ?? answers;
        if (streams && texts > answers) throw ApiException.Field("best_of", "the best texts are known at the end only; leave stream out.", "unsupported_value");
        if (prompts.Count * texts > options.MaxBatch)
            throw ApiException.Field("prompt", $"{prompts.Count} prompts with {texts} texts each are more than the {options.MaxBatch} texts that a request may have.", "batch_too_large");
        GenerationReader.CheckStream(request);
        var generation = new GenerationOptions
        {
            MaxTokens = request.MaxTokens switch { null => 16, 0 => 1, { } most => most }, Stop = SamplingReader.Stop(request), Task = request.Task,
            // The best text is the one of the most likely tokens.
            LogProbabilities = request.Logprobs ?? (texts > answers ? 0 : null),
            Constraint = GenerationReader.Format(request.ResponseFormat, model)?.Start(), Sampling = SamplingReader.Read(request, model),
        };
        return new CompletionPlan
        {
            Requests = [.. prompts.Select(ids => new GenerationRequest
            {
                Prompt = ids, Options = generation, Count = texts, PromptOnly = request.MaxTokens == 0,
                PromptLogProbabilities = echo ? request.Logprobs : null, WantsRouting = request.Moesaic?.Routing ?? false,
                Client = caller.Client(request.User), Deadline = GenerationReader.Deadline(request.Moesaic, options),
            })],
            Echoes = echo ? [.. prompts.Select((ids, i) => request.Prompt![i].Text ?? model.Tokenizer.Decode(ids, skipSpecial: false))] : null,
            Answers = answers, Top = request.Logprobs, Streams = streams, StreamsUsage = request.StreamOptions?.IncludeUsage ?? false,
            IsExtended = request.Moesaic is not null,
        };
    }
}

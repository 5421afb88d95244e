using Moesaic.Extensions.AI;
using Moesaic.Inference;
using Moesaic.Server.Protocol;
using Moesaic.Server.Requests;
using Moesaic.Server.Telemetry;

namespace Moesaic.Server.Answers;

/// <summary>Writes texts in the form of /v1/completions.</summary>
sealed class CompletionWriter(CompletionPlan plan, MoesaicModel model, AnswerHead head) : IPieceWriter
{
    readonly Dictionary<int, CompletionText> texts = [];
    readonly IReadOnlyList<ChosenToken>?[] echoed = new IReadOnlyList<ChosenToken>?[plan.Requests.Count];

    /// <summary>What was taken so far.</summary>
    public UsageSum Usage { get; } = new();

    /// <summary>A whole answer.</summary>
    /// <param name="prompts">For each prompt its texts.</param>
    /// <param name="measure">Is told that there are tokens.</param>
    public CompletionResponse Whole(IReadOnlyList<IReadOnlyList<GenerationPiece>> prompts, RequestMeasure measure)
    {
        var choices = new List<CompletionChoice>();
        for (var prompt = 0; prompt < prompts.Count; prompt++)
        {
            foreach (var text in prompts[prompt])
            {
                Note(prompt, text);
                // The usage of texts that are not good enough counts.
                Usage.Add(prompt, text.Usage!);
            }
            foreach (var (rank, text) in Best(prompts[prompt]).Index()) choices.Add(Choice(prompt, text with { Index = rank }));
        }
        if (Usage.CompletionTokens > 0) measure.Token();
        return Answer(choices) with { Usage = Usage.Total, Moesaic = Details() };
    }

    public async Task SendAsync(EventStream events, int prompt, GenerationPiece piece)
    {
        Note(prompt, piece);
        if (piece.Usage is { } usage) Usage.Add(prompt, usage);
        var choice = Choice(prompt, piece);
        if (choice.Text.Length > 0 || choice.FinishReason is not null || choice.Logprobs is { Tokens.Count: > 0 } || choice.Moesaic is { Tokens.Count: > 0 })
            await events.SendAsync(Answer([choice]), ServerJson.Wire.CompletionResponse);
    }

    public async Task SendEndAsync(EventStream events)
    {
        if (!plan.StreamsUsage && !plan.IsExtended) return;
        await events.SendAsync(Answer([]) with { Usage = plan.StreamsUsage ? Usage.Total : null, Moesaic = Details() }, ServerJson.Wire.CompletionResponse);
    }

    // Text 0 brings how likely the prompt was, for all texts, and comes first.
    void Note(int prompt, GenerationPiece piece) => echoed[prompt] ??= piece.Prompt;

    CompletionChoice Choice(int prompt, GenerationPiece piece)
    {
        var index = (prompt * plan.Answers) + piece.Index;
        if (!texts.TryGetValue(index, out var text))
            texts.Add(index, text = new CompletionText(index, plan, prompt, model.Tokenizer, echoed[prompt]));
        return text.Next(piece);
    }

    IEnumerable<GenerationPiece> Best(IReadOnlyList<GenerationPiece> pieces) => pieces.Count == plan.Answers ? pieces
        : pieces.OrderByDescending(p => p.Tokens.Count == 0 ? 0 : p.Tokens.Average(t => t.LogProbability!.Token.LogProbability)).Take(plan.Answers);

    MoesaicAnswer? Details() => plan.IsExtended ? Usage.Details(texts.Values.Select(t => t.Routed).OfType<RoutedTokens>()) : null;

    CompletionResponse Answer(IReadOnlyList<CompletionChoice> choices) => new()
    {
        Id = head.Id, Created = head.Created, Model = head.Model, SystemFingerprint = AnswerHead.Fingerprint, Choices = choices,
    };
}

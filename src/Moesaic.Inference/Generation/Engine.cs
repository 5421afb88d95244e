using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Text;

namespace Moesaic.Inference;

/// <summary>
/// Generates many texts at once: each step is one pass over all of them (<see cref="BatchDecoder"/>), after which each whose turn
/// it is chooses its next token. A text does not depend on what is generated beside it.
/// </summary>
/// <remarks>For one thread: texts start, step and are disposed there. It does nothing by itself.</remarks>
public sealed class Engine : IDisposable
{
    readonly Model model;
    readonly ITokenizer tokenizer;
    readonly IReadOnlySet<int> endOfText;
    readonly BatchDecoder decoder;
    readonly LogProbabilities probabilities;
    readonly List<Generation> running = [];
    readonly int context;
    long generatedTokens, cachedTokens;

    /// <summary>Makes a cache; nothing runs.</summary>
    /// <param name="model">Not changed; must outlive this.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="endOfText">Ids that end a text, see <see cref="EndOfText"/>.</param>
    /// <param name="options">Sizes of the batch.</param>
    /// <exception cref="BadRequestException">A size is out of range.</exception>
    public Engine(Model model, ITokenizer tokenizer, IReadOnlySet<int> endOfText, BatchOptions options)
    {
        (this.model, this.tokenizer, this.endOfText) = (model, tokenizer, endOfText);
        decoder = new BatchDecoder(model, options);
        probabilities = new LogProbabilities(model.Spec.VocabularySize);
        context = Math.Min(Math.Min(model.Spec.MaxPositions, options.Context ?? int.MaxValue), decoder.Cache.Pages * decoder.Cache.PageTokens);
    }

    /// <summary>The texts that have not ended, oldest first.</summary>
    public IReadOnlyList<Generation> Running => running;

    /// <summary>Longest prompt and text together, in tokens: what the model was made for, <see cref="BatchOptions.Context"/>, or all that the cache holds.</summary>
    public int Context => context;

    /// <inheritdoc cref="BatchDecoder.Policies"/>
    public RoutingPolicies? Policies
    {
        get => decoder.Policies;
        set => decoder.Policies = value;
    }

    /// <summary>What the pages of the cache are doing.</summary>
    public CacheUsage Cache => decoder.Cache;

    /// <summary>Tokens that were computed, all texts and prompts together.</summary>
    public long ComputedTokens => decoder.ComputedTokens;

    /// <summary>Passes.</summary>
    internal long Steps => decoder.Steps;

    /// <summary>Tokens chosen.</summary>
    internal long GeneratedTokens => generatedTokens;

    /// <summary>Tokens of prompts that were found in the cache.</summary>
    internal long CachedTokens => cachedTokens;

    /// <summary>Starts a text.</summary>
    /// <param name="prompt">Token ids to continue, one or more.</param>
    /// <param name="options">What to generate.</param>
    /// <param name="write">Is given each piece of text as soon as it is certain, from inside <see cref="Step"/>, or null.</param>
    /// <exception cref="BadRequestException">
    /// There is no room now, the prompt is empty or leaves no room in the context, an option is out of range, or the task is not one of the model's.
    /// </exception>
    public Generation Start(ReadOnlySpan<int> prompt, GenerationOptions options, Action<string>? write = null) =>
        TryStart(prompt, options, write) ?? throw decoder.Full($"a text of up to {Check(Request(prompt, options))} tokens needs more pages");

    /// <summary>As <see cref="Start"/>, but null when there is no room until other texts end.</summary>
    /// <inheritdoc cref="Start"/>
    public Generation? TryStart(ReadOnlySpan<int> prompt, GenerationOptions options, Action<string>? write = null) =>
        TryStart(Request(prompt, options), write is null ? null : (_, piece) => write(piece))?[0];

    /// <summary>Starts the texts of a request.</summary>
    /// <param name="request">What to generate.</param>
    /// <param name="write">Is given the number of a text and each piece of it as soon as it is certain.</param>
    /// <returns>The texts in their order, or null when there is no room until others end.</returns>
    internal Generation[]? TryStart(GenerationRequest request, Action<int, string>? write)
    {
        var prompt = request.Prompt.Span;
        var options = request.Options;
        var capacity = Check(request);
        var scores = request.PromptLogProbabilities is { } top ? new PromptScores(request.Prompt, top, probabilities) : null;
        var wishes = new SequenceWishes { PromptLogits = scores is null ? null : scores.Read, Forks = request.Count - 1, Routing = request.WantsRouting };
        if (decoder.TryAdd(prompt, capacity, Task(options), wishes) is not { } sequence) return null;
        try
        {
            var texts = new Generation[request.Count];
            for (var i = 0; i < texts.Length; i++)
            {
                var (number, sampling) = (i, options.Sampling with { Seed = options.Sampling.Seed + (ulong)i });
                var text = new GeneratedText(new ContinuationDecoder(tokenizer, prompt, options.Shown), new StopScanner(options.Stop),
                    write is null ? null : piece => write(number, piece));
                var sampler = new Sampler(sampling, model.Spec.VocabularySize, options.Constraint?.Clone(), endOfText);
                texts[i] = new Generation(this, i == 0 ? sequence : null, sampler, text, request) { Scores = i == 0 ? scores : null };
            }
            texts[0].Others = texts[1..];
            running.Add(texts[0]);
            return texts;
        }
        catch
        {
            sequence.Dispose();
            throw;
        }
    }

    /// <summary>Starts the reading of a text for its hidden states.</summary>
    /// <returns>Its sequence, which has no <see cref="BatchSequence.Waiting"/> tokens when all are read; null when there is no room.</returns>
    internal BatchSequence? TryRead(EmbeddingRequest request, RowReader states)
    {
        Check(request);
        return decoder.TryAdd(request.Prompt.Span, request.Prompt.Length, TaskNames.Find(model.Spec.Tasks, request.Task, "an embedding"),
            new SequenceWishes { Hidden = states });
    }

    /// <summary>
    /// One pass; then texts choose tokens, and some may end. A text that fails ends with its failure and does not disturb the
    /// others.
    /// </summary>
    /// <param name="cancellation">Asked before the pass.</param>
    /// <returns>Whether texts are still running.</returns>
    public bool Step(CancellationToken cancellation = default)
    {
        decoder.Step(cancellation);
        for (var i = running.Count - 1; i >= 0; i--)
        {
            if (!running[i].HasLogits || running[i].Tokens.Count > 0) continue;
            cachedTokens += running[i].Reused;
            running[i].Fork(running);
        }
        // Whoever ends leaves the list.
        for (var i = running.Count - 1; i >= 0; i--)
            if (running[i].HasLogits) generatedTokens += running[i].Advance(endOfText, probabilities);
        return running.Count > 0;
    }

    /// <summary>Frees the cache; not the model. Texts that run never end.</summary>
    public void Dispose() => decoder.Dispose();

    internal void Check(RoutingPolicies? policies) => policies?.ApplyTo(model.Spec);

    internal void Leave(Generation generation) => running.Remove(generation);

    /// <summary>Counts from now on which experts are chosen.</summary>
    internal void WatchExperts() => decoder.Statistics = decoder.Watch.Statistics;

    /// <summary>Since <see cref="WatchExperts"/>; any thread may ask.</summary>
    internal IReadOnlyList<ExpertLoad> ExpertLoad() => decoder.Watch.Load();

    /// <summary>Whether a request can be served at all; any thread may ask.</summary>
    /// <returns>Longest prompt and text, in tokens.</returns>
    internal int Check(GenerationRequest request)
    {
        request.Validate();
        CheckIds(request.Prompt.Span);
        Task(request.Options);
        var (length, room) = (request.Prompt.Length, request.PromptOnly ? 0 : 1);
        if (length + room > context) throw new ContextExceededException(length, context - room, context);
        var capacity = length + (request.PromptOnly ? 0 : Math.Min(request.Options.MaxTokens ?? int.MaxValue, context - length));
        decoder.CheckFits(length, capacity, request.Count - 1);
        return capacity;
    }

    /// <inheritdoc cref="Check(GenerationRequest)"/>
    internal void Check(EmbeddingRequest request)
    {
        request.Validate();
        CheckIds(request.Prompt.Span);
        TaskNames.Find(model.Spec.Tasks, request.Task, "an embedding");
        if (request.Prompt.Length > context) throw new ContextExceededException(request.Prompt.Length, context, context);
    }

    void CheckIds(ReadOnlySpan<int> prompt)
    {
        if (prompt.IsEmpty) throw new BadRequestException("The prompt is empty; give at least one token to continue.");
        decoder.CheckIds(prompt);
    }

    static GenerationRequest Request(ReadOnlySpan<int> prompt, GenerationOptions options) => new() { Prompt = prompt.ToArray(), Options = options };

    int Task(GenerationOptions options) => TaskNames.Find(model.Spec.Tasks, options.Task, "generation");
}

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
    }

    /// <summary>The texts that have not ended, oldest first.</summary>
    public IReadOnlyList<Generation> Running => running;

    /// <summary>Longest prompt and text together, in tokens: what the model was made for, or all that the cache holds.</summary>
    public int Context => Math.Min(model.Spec.MaxPositions, decoder.Cache.Pages * decoder.Cache.PageTokens);

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

    /// <summary>Starts a text.</summary>
    /// <param name="prompt">Token ids to continue, one or more.</param>
    /// <param name="options">What to generate.</param>
    /// <param name="write">Is given each piece of text as soon as it is certain, from inside <see cref="Step"/>, or null.</param>
    /// <exception cref="BadRequestException">
    /// There is no room now, the prompt is empty or leaves no room in the context, an option is out of range, or the task is not one of the model's.
    /// </exception>
    public Generation Start(ReadOnlySpan<int> prompt, GenerationOptions options, Action<string>? write = null) =>
        Begin(prompt, options, write, decoder.Add(prompt, Capacity(prompt, options), Task(options)));

    /// <summary>As <see cref="Start"/>, but null when there is no room until other texts end.</summary>
    /// <inheritdoc cref="Start"/>
    public Generation? TryStart(ReadOnlySpan<int> prompt, GenerationOptions options, Action<string>? write = null) =>
        decoder.TryAdd(prompt, Capacity(prompt, options), Task(options)) is { } sequence ? Begin(prompt, options, write, sequence) : null;

    /// <summary>
    /// One pass; then texts choose tokens, and some may end. A text that fails ends with its failure and does not disturb the
    /// others.
    /// </summary>
    /// <param name="cancellation">Asked before the pass.</param>
    /// <returns>Whether texts are still running.</returns>
    public bool Step(CancellationToken cancellation = default)
    {
        decoder.Step(cancellation);
        // Whoever ends leaves the list.
        for (var i = running.Count - 1; i >= 0; i--)
            if (running[i].HasLogits) running[i].Advance(endOfText, probabilities);
        return running.Count > 0;
    }

    /// <summary>Frees the cache; not the model. Texts that run never end.</summary>
    public void Dispose() => decoder.Dispose();

    internal void Check(RoutingPolicies? policies) => policies?.ApplyTo(model.Spec);

    internal void Leave(Generation generation) => running.Remove(generation);

    int Capacity(ReadOnlySpan<int> prompt, GenerationOptions options)
    {
        options.Validate();
        if (prompt.IsEmpty) throw new BadRequestException("The prompt is empty; give at least one token to continue.");
        if (prompt.Length >= Context)
            throw new BadRequestException($"The prompt has {prompt.Length} tokens, the context of the model {Context}; " +
                $"a prompt of at most {Context - 1} leaves room for an answer. It is not shortened for you.");
        return prompt.Length + Math.Min(options.MaxTokens ?? int.MaxValue, Context - prompt.Length);
    }

    int Task(GenerationOptions options) => TaskNames.Find(model.Spec.Tasks, options.Task, "generation");

    Generation Begin(ReadOnlySpan<int> prompt, GenerationOptions options, Action<string>? write, BatchSequence sequence)
    {
        try
        {
            var text = new GeneratedText(new ContinuationDecoder(tokenizer, prompt), new StopScanner(options.Stop), write);
            var sampler = new Sampler(options.Sampling, model.Spec.VocabularySize, options.Constraint?.Clone(), endOfText);
            var generation = new Generation(this, sequence, sampler, text, options.LogProbabilities);
            running.Add(generation);
            return generation;
        }
        catch
        {
            sequence.Dispose();
            throw;
        }
    }
}

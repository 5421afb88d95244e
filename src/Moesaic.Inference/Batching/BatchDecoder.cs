using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Inference;

/// <summary>
/// Many sequences on their way through a model at once. They come, fork and go; a step is one pass over all of them: some add
/// the one token that was just chosen, others a part of their prompt. Weights are read once for all rows of a step, and each
/// expert computes its rows of the whole batch together. A sequence has the bits it would have alone, whatever comes with it
/// and however many threads there are. Steps allocate no managed memory once sequences of the same sizes were there before.
/// </summary>
/// <remarks>For one thread; several decoders may share a model, one after the other.</remarks>
public sealed class BatchDecoder : IDisposable
{
    readonly Model model;
    readonly BatchOptions options;
    readonly Workspace workspace = new();
    readonly PagedCache cache;
    readonly PassInput input;
    readonly List<BatchSequence> sequences = [], planned = [];
    readonly PromptOrder prompts;
    int[] tokens = [], positions = [], rows = [], tasks = [], table = [], ends = [];
    AttentionSegment[] segments = [];
    Tensor? logits;
    int rowCount, tableCount;

    /// <summary>Makes a cache and no sequence.</summary>
    /// <param name="model">Not changed; must outlive this.</param>
    /// <param name="options">Sizes.</param>
    /// <exception cref="BadRequestException">A size is out of range.</exception>
    /// <exception cref="BadModelException">A router decides by more than the token.</exception>
    /// <exception cref="OutOfMemoryException">The cache does not fit.</exception>
    public BatchDecoder(Model model, BatchOptions options)
    {
        options.Validate();
        if (DecodableRouters.WhyNot(model.Spec) is { } reason) throw new BadModelException($"This model cannot generate: {reason}.");
        (this.model, this.options) = (model, options);
        cache = new PagedCache(model.Spec, BatchSequence.PageCount(options.CacheTokens), options.Encoding);
        Pool = new PagePool(cache.Pages);
        input = new PassInput { Tokens = tokens, Positions = positions, Segments = segments, Cache = cache };
        prompts = new PromptOrder(options.Chunk) { Whole = Protects(null) };
        Policies = options.Policies;
        Watch = new ExpertWatch(model.Spec);
    }

    /// <summary>
    /// What takes the place of the model's own routing policies from the next step on; null: nothing. A sequence that is on its way goes on with the
    /// keys and values that it has; a new one is never given those that were computed under others.
    /// </summary>
    /// <exception cref="BadRequestException">A policy means nothing at its router.</exception>
    public RoutingPolicies? Policies
    {
        get;
        set
        {
            if (Equals(field, value)) return;
            (input.Policies, field) = (value is null ? null : new PassPolicies(model, value), value);
            prompts.Whole = Protects(value);
            PolicyNumber++;
        }
    }

    // Which tokens of a prompt are important shows when all of them are there: it is read in one step, and none of it is found in the cache.
    bool Protects(RoutingPolicies? policies) => (policies?.ApplyTo(model.Spec) ?? model.Spec).Layers
        .Any(l => l.FeedForward is MixtureSpec { Router.Policy.Protection: not null });

    bool ReusesPrefixes => options.ReusesPrefixes && !prompts.Whole;

    /// <summary>Collects what the routers of feed-forwards decide from the next step on, one per mixture layer; null, the default: nobody does.</summary>
    public IReadOnlyList<RoutingStatistics>? Statistics
    {
        get => input.Statistics;
        set => input.Statistics = value;
    }

    /// <summary>Who watches the routers once <see cref="Statistics"/> are its own.</summary>
    internal ExpertWatch Watch { get; }

    /// <summary>How often policies were exchanged.</summary>
    internal int PolicyNumber { get; private set; }

    /// <summary>The sequences, oldest first.</summary>
    public IReadOnlyList<BatchSequence> Sequences => sequences;

    /// <summary>Steps that computed something.</summary>
    public long Steps { get; private set; }

    /// <summary>Tokens that steps computed, all sequences together.</summary>
    public long ComputedTokens { get; private set; }

    /// <summary>What the pages of the cache are doing.</summary>
    public CacheUsage Cache => new(Pool.Pages, Pool.Used, Pool.Kept, Pool.Reserved, PagedCache.PageTokens, cache.PageBytes);

    internal PagePool Pool { get; }

    /// <summary>Adds a sequence. All it may come to need is reserved, so that no step fails for want of room.</summary>
    /// <param name="prompt">Its first tokens; more may be appended.</param>
    /// <param name="capacity">Longest it may get, in tokens.</param>
    /// <param name="task">Number of its task, for a model whose routers decide by one; otherwise −1.</param>
    /// <exception cref="BadRequestException">
    /// There is no room now, or the capacity exceeds what the model was made for or the whole cache.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// The prompt exceeds the capacity, an id lies outside the vocabulary, or the task outside those of the model.
    /// </exception>
    public BatchSequence Add(ReadOnlySpan<int> prompt, int capacity, int task = -1) => TryAdd(prompt, capacity, task)
        ?? throw Full($"a sequence of up to {capacity} tokens needs more pages");

    /// <summary>As <see cref="Add"/>, but null when there is no room until other sequences leave.</summary>
    /// <inheritdoc cref="Add"/>
    public BatchSequence? TryAdd(ReadOnlySpan<int> prompt, int capacity, int task = -1) => TryAdd(prompt, capacity, task, SequenceWishes.None);

    internal BatchSequence? TryAdd(ReadOnlySpan<int> prompt, int capacity, int task, SequenceWishes wishes)
    {
        if (model.Spec.Tasks.Count == 0 ? task != -1 : (uint)task >= (uint)model.Spec.Tasks.Count)
            throw new ArgumentException($"task {task} for a model with {model.Spec.Tasks.Count} tasks", nameof(task));
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        if (capacity > model.Spec.MaxPositions)
            throw new BadRequestException($"A context of {capacity} tokens was asked for; the model was made for {model.Spec.MaxPositions}.");
        if (BatchSequence.PageCount(capacity) > Pool.Pages)
            throw new BadRequestException(
                $"A context of {capacity} tokens was asked for; the cache holds {Pool.Pages * PagedCache.PageTokens} in all. Make it larger.");
        var sequence = new BatchSequence(this, capacity, task, wishes);
        sequence.Append(prompt);
        CheckFits(prompt.Length, capacity, wishes.Forks);
        var forks = sequence.EndPrompt();
        var found = ReusesPrefixes ? sequence.ReusePages() : 0;
        if (!Pool.TryReserve(BatchSequence.PageCount(capacity) - found + forks))
        {
            sequence.Abandon();
            return null;
        }
        model.EnsurePositions(capacity);
        Join(sequence);
        return sequence;
    }

    /// <summary>
    /// Computes waiting tokens in one pass: the one token of each sequence that has just one, then up to
    /// <see cref="BatchOptions.Chunk"/> of the others, shortest rest first; the oldest gives way three steps at most. Sequences that came to
    /// their end have <see cref="BatchSequence.Logits"/>.
    /// </summary>
    /// <param name="cancellation">Asked before the pass.</param>
    /// <returns>Tokens computed; 0 when none waits.</returns>
    public int Step(CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        Plan();
        if (rowCount == 0) return 0;
        input.Tokens = tokens.AsMemory(0, rowCount);
        input.Positions = positions.AsMemory(0, rowCount);
        input.CacheRows = rows.AsMemory(0, rowCount);
        if (model.Spec.Tasks.Count > 0) input.Tasks = tasks.AsMemory(0, rowCount);
        input.PageTable = table.AsMemory(0, tableCount);
        input.Segments = segments.AsMemory(0, planned.Count);
        workspace.Begin(recording: false);
        var hidden = model.Hidden(workspace, input);
        Steps++;
        ComputedTokens += rowCount;
        var ended = 0;
        for (var i = 0; i < planned.Count; i++)
        {
            if (planned[i].Wishes.ReadsAll) PassRows.Show(model, workspace, hidden, planned[i], segments[i]);
            planned[i].Advance(segments[i].QueryCount, ReusesPrefixes);
            if (planned[i].Waiting > 0 || planned[i].Wishes.Hidden is not null) continue;
            planned[i].TakeLogits(Steps, ended);
            ends[ended++] = segments[i].QueryStart + segments[i].QueryCount - 1;
        }
        logits = ended == 0 ? null : model.Logits(workspace, workspace.GatherRows(hidden, ends.AsMemory(0, ended)));
        return rowCount;
    }

    /// <summary>Frees the cache; not the model.</summary>
    public void Dispose()
    {
        workspace.Dispose();
        cache.Dispose();
    }

    internal void Reserve(int pages)
    {
        if (!Pool.TryReserve(pages)) throw Full($"{pages} pages are needed");
    }

    internal BadRequestException Full(string need) => new(
        $"The cache of {Pool.Pages} pages of {PagedCache.PageTokens} tokens is full: {need}; {Pool.Available} can be had, " +
        $"{Pool.Used} are used and {Pool.Reserved} reserved by {sequences.Count} sequences. Wait for one to end, or make the cache larger.");

    internal void CopyPage(int from, int to)
    {
        if (from != to) cache.CopyPage(from, to);
    }

    internal ReadOnlySpan<float> LogitsRow(int row) => logits!.Row(row);

    internal void CheckFits(int promptLength, int capacity, int forks)
    {
        var pages = BatchSequence.PageCount(capacity) + (forks * (BatchSequence.PageCount(capacity) - (promptLength / PagedCache.PageTokens)));
        if (pages > Pool.Pages)
            throw new BadRequestException($"{1 + forks} texts of up to {capacity} tokens need {pages} pages of {PagedCache.PageTokens} tokens, " +
                $"the cache has {Pool.Pages}. Ask for fewer or shorter ones, or make it larger.");
    }

    internal void CheckIds(ReadOnlySpan<int> ids)
    {
        foreach (var id in ids)
            if ((uint)id >= (uint)model.Spec.VocabularySize)
                throw new ArgumentException($"token id {id} lies outside the vocabulary of {model.Spec.VocabularySize}", nameof(ids));
    }

    internal void Join(BatchSequence sequence)
    {
        sequences.Add(sequence);
        // All that a step can need, so that steps need not grow anything.
        var most = options.Chunk + sequences.Count;
        MakeRoom(2 * most, most);
        if (ends.Length < sequences.Count) (ends, segments) = (new int[2 * most], new AttentionSegment[2 * most]);
        planned.EnsureCapacity(sequences.Count);
        var pages = 0;
        foreach (var each in sequences) pages += BatchSequence.PageCount(each.Capacity);
        if (table.Length < pages) table = new int[pages * 5 / 4];
    }

    internal void Leave(BatchSequence sequence) => sequences.Remove(sequence);

    void Plan()
    {
        planned.Clear();
        rowCount = tableCount = 0;
        Watch.Wanted.Clear();
        foreach (var sequence in sequences)
            if (sequence.Waiting == 1) Include(sequence, 1);
        prompts.Clear();
        foreach (var sequence in sequences)
        {
            if (sequence.Waiting <= 1) continue;
            // What another sequence has computed since this one came.
            if (ReusesPrefixes) Pool.Unreserve(sequence.ReusePages());
            prompts.Add(sequence);
        }
        for (var i = 0; i < prompts.Count; i++)
            if (prompts.Share(i) is > 0 and var count) Include(prompts[i], count);
    }

    void MakeRoom(int length, int least)
    {
        if (tokens.Length >= least) return;
        Array.Resize(ref tokens, length);
        Array.Resize(ref positions, length);
        Array.Resize(ref rows, length);
        Array.Resize(ref tasks, length);
    }

    void Include(BatchSequence sequence, int count)
    {
        int start = sequence.Computed, end = start + count;
        if (prompts.Whole) MakeRoom(2 * (rowCount + count), rowCount + count);
        sequence.EnsurePages(end);
        segments[planned.Count] = new AttentionSegment(rowCount, count, tableCount, end);
        planned.Add(sequence);
        sequence.Tokens[start..end].CopyTo(tokens.AsSpan(rowCount));
        for (var position = start; position < end; position++, rowCount++)
            (positions[rowCount], rows[rowCount], tasks[rowCount]) = (position, sequence.CacheRow(position), sequence.Task);
        sequence.Pages.CopyTo(table.AsSpan(tableCount));
        tableCount += sequence.Pages.Length;
        if (!sequence.Wishes.Routing || end < sequence.Length) return;
        sequence.TakeRouting(Steps + 1, Watch.Wanted.Count);
        Watch.Wanted.Add(rowCount - 1);
    }
}

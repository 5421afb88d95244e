using Moesaic.Formats;
using Moesaic.Models.Layers;

namespace Moesaic.Inference;

/// <summary>
/// One sequence of a <see cref="BatchDecoder"/>: its tokens, of which the first are computed and the others wait for the next
/// steps. Dispose it to leave the batch.
/// </summary>
public sealed class BatchSequence : IDisposable
{
    const int PageTokens = PagedCache.PageTokens;

    readonly BatchDecoder decoder;
    readonly int[] tokens, pages;
    int pageCount, published;
    long logitsStep = -1;
    int logitsRow;
    int policy;
    int promptLength, forksLeft, routingRow;
    long routingStep = -1;
    bool disposed;

    internal BatchSequence(BatchDecoder decoder, int capacity, int task, SequenceWishes wishes)
    {
        (this.decoder, Task, policy, Wishes) = (decoder, task, decoder.PolicyNumber, wishes);
        (tokens, pages) = (new int[capacity], new int[PageCount(capacity)]);
    }

    /// <summary>Longest this sequence may get, in tokens.</summary>
    public int Capacity => tokens.Length;

    /// <summary>Number of the task that routers with such a key decide by; −1 without one.</summary>
    public int Task { get; }

    /// <summary>Tokens so far, those that wait included.</summary>
    public int Length { get; private set; }

    /// <summary>Tokens whose keys and values are in the cache.</summary>
    public int Computed { get; private set; }

    /// <summary>Tokens that were not computed for this sequence but found in the cache.</summary>
    public int Reused { get; private set; }

    /// <summary>The tokens so far.</summary>
    public ReadOnlySpan<int> Tokens => tokens.AsSpan(0, Length);

    /// <summary>Whether <see cref="Logits"/> may be asked for: the last step computed this sequence to its end.</summary>
    public bool HasLogits => !disposed && logitsStep == decoder.Steps && Computed == Length;

    /// <summary>V logits of the token that follows; valid until the next step.</summary>
    /// <exception cref="InvalidOperationException">Tokens wait, or other steps came since.</exception>
    public ReadOnlySpan<float> Logits => HasLogits
        ? decoder.LogitsRow(logitsRow)
        : throw new InvalidOperationException($"the last step did not end this sequence ({Computed} of {Length} tokens computed)");

    /// <summary>What the routers decided for the last token, layer by layer; empty when it was not asked for.</summary>
    internal IReadOnlyList<LayerRouting> Routing => Wishes.Routing && routingStep == decoder.Steps ? decoder.Watch.Of(routingRow) : [];

    /// <summary>Adds tokens to be computed by the next steps.</summary>
    /// <param name="ids">Token ids.</param>
    /// <exception cref="ArgumentException">They do not fit, or one lies outside the vocabulary; then none is added.</exception>
    public void Append(ReadOnlySpan<int> ids)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (ids.Length > Capacity - Length)
            throw new ArgumentException($"{ids.Length} tokens after {Length} do not fit {Capacity}", nameof(ids));
        decoder.CheckIds(ids);
        ids.CopyTo(tokens.AsSpan(Length));
        Length += ids.Length;
    }

    /// <summary>Adds a token to be computed by the next step.</summary>
    /// <inheritdoc cref="Append(ReadOnlySpan{int})"/>
    public void Append(int id) => Append([id]);

    /// <summary>Forgets all tokens from <paramref name="length"/> on.</summary>
    /// <param name="length">0 to <see cref="Length"/>.</param>
    /// <exception cref="BadRequestException">Pages shared with other sequences would be needed twice, and the cache is full.</exception>
    public void Truncate(int length)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)Length);
        if (length < Computed)
        {
            DropPages(length);
            logitsStep = -1;
        }
        (Length, Computed, Reused) = (length, Math.Min(Computed, length), Math.Min(Reused, length));
    }

    /// <summary>
    /// Another sequence with the same tokens. Whole pages are shared; the last, unfinished one is copied at once, since either
    /// goes on writing there.
    /// </summary>
    /// <returns>Of the same capacity; with the same logits when this one has them.</returns>
    /// <exception cref="BadRequestException">The cache is full.</exception>
    public BatchSequence Fork()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        var whole = Computed / PageTokens;
        if (forksLeft > 0 && Computed == promptLength)
        {
            forksLeft--;
            decoder.Pool.Unreserve(ForkPages);
        }
        decoder.Reserve(pages.Length - whole);
        var fork = new BatchSequence(decoder, Capacity, Task, Wishes)
        {
            promptLength = promptLength, routingStep = routingStep, routingRow = routingRow,
            Length = Length, Computed = Computed, Reused = whole * PageTokens, pageCount = whole,
            published = Math.Min(published, whole), policy = policy, logitsStep = logitsStep, logitsRow = logitsRow,
        };
        Tokens.CopyTo(fork.tokens);
        pages.AsSpan(0, whole).CopyTo(fork.pages);
        foreach (var page in fork.pages.AsSpan(0, whole)) decoder.Pool.Share(page);
        if (Computed % PageTokens > 0)
        {
            fork.EnsurePages(Computed);
            decoder.CopyPage(pages[whole], fork.pages[whole]);
        }
        decoder.Join(fork);
        return fork;
    }

    /// <summary>Leaves the batch. Whole pages stay to be found again as long as there is room.</summary>
    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        decoder.Leave(this);
        // The last first: of what is kept, ends of sequences are forgotten before their beginnings.
        for (var i = pageCount - 1; i >= 0; i--) decoder.Pool.Release(pages[i]);
        decoder.Pool.Unreserve(pages.Length - pageCount + (forksLeft * ForkPages));
    }

    internal SequenceWishes Wishes { get; }

    /// <summary>Pages that a fork at the end of the prompt does not share.</summary>
    int ForkPages => pages.Length - (promptLength / PageTokens);

    internal static int PageCount(int tokens) => (tokens + PageTokens - 1) / PageTokens;

    internal int Waiting => Length - Computed;

    internal ReadOnlySpan<int> Pages => pages.AsSpan(0, pageCount);

    internal int CacheRow(int position) => (pages[position / PageTokens] * PageTokens) + (position % PageTokens);

    /// <summary>
    /// Takes over whole pages that the pool knows, from the end of what is computed on; the last token is always left, because
    /// its logits are wanted.
    /// </summary>
    /// <returns>How many pages.</returns>
    internal int ReusePages()
    {
        var before = pageCount;
        if (Wishes.ReadsAll || policy != decoder.PolicyNumber) return 0;
        while (Computed == pageCount * PageTokens && published == pageCount && Waiting > PageTokens)
        {
            var page = decoder.Pool.Find(ParentName(pageCount), tokens.AsSpan(Computed, PageTokens));
            if (page < 0) break;
            decoder.Pool.Share(page);
            pages[pageCount++] = page;
            published++;
            Computed += PageTokens;
            Reused += PageTokens;
        }
        return pageCount - before;
    }

    /// <summary>Takes pages for so many tokens out of what was reserved.</summary>
    internal void EnsurePages(int count)
    {
        while (pageCount < PageCount(count)) pages[pageCount++] = decoder.Pool.Take();
    }

    /// <summary>A pass has computed <paramref name="count"/> more tokens.</summary>
    internal void Advance(int count, bool publish)
    {
        Computed += count;
        // Under two policies its tokens are nobody else's.
        if (!publish || policy != decoder.PolicyNumber) return;
        for (; published < Computed / PageTokens; published++)
            if (!PublishPage(published)) return;
    }

    internal void TakeLogits(long step, int row) => (logitsStep, logitsRow) = (step, row);

    /// <summary>The next step keeps what routers decide for the last token.</summary>
    internal void TakeRouting(long step, int row) => (routingStep, routingRow) = (step, row);

    /// <summary>The tokens so far are the prompt.</summary>
    /// <returns>Pages of all forks to come.</returns>
    internal int EndPrompt()
    {
        (promptLength, forksLeft) = (Length, Wishes.Forks);
        return forksLeft * ForkPages;
    }

    /// <summary>Tokens whose logits are still to be shown, of those that the next pass computes.</summary>
    internal int LogitsToRead(int count) => Wishes.PromptLogits is null ? 0 : Math.Clamp(promptLength - 1 - Computed, 0, count);

    /// <summary>Gives back what an addition to the batch that failed has taken.</summary>
    internal void Abandon()
    {
        for (var i = pageCount - 1; i >= 0; i--) decoder.Pool.Release(pages[i]);
        disposed = true;
    }

    // The same tokens have other keys and values under another task or policy: each has a beginning of its own.
    long ParentName(int page) => page == 0 ? -1 - Task - ((long)policy << 32) : decoder.Pool.Name(pages[page - 1]);

    bool PublishPage(int page)
    {
        var pool = decoder.Pool;
        ReadOnlySpan<int> content = tokens.AsSpan(page * PageTokens, PageTokens);
        var twin = pool.Find(ParentName(page), content);
        if (twin < 0) return pool.Publish(pages[page], ParentName(page), content);
        // Another sequence computed the same at the same time, to the same bits: one copy is enough.
        pool.Share(twin);
        pool.Release(pages[page]);
        pages[page] = twin;
        return true;
    }

    void DropPages(int length)
    {
        int whole = length / PageTokens, kept = PageCount(length);
        if (kept > whole && decoder.Pool.IsPrivate(pages[whole])) whole++;
        var shared = 0;
        foreach (var page in pages.AsSpan(whole, pageCount - whole)) if (decoder.Pool.IsShared(page)) shared++;
        if (shared > decoder.Pool.Available)
            throw decoder.Full($"{shared} pages that other sequences share would be needed a second time");
        var (dropped, last) = (pageCount - whole, whole < pageCount ? pages[whole] : -1);
        while (pageCount > whole) decoder.Pool.Release(pages[--pageCount]);
        decoder.Reserve(dropped);
        published = Math.Min(published, length / PageTokens);
        if (kept == whole) return;
        // What is left of a page that others may see goes on as a copy; its old place may be the new one.
        EnsurePages(length);
        decoder.CopyPage(last, pages[whole]);
    }
}

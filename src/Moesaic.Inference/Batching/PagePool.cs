using Moesaic.Models.Layers;

namespace Moesaic.Inference;

/// <summary>
/// Who owns the pages of a cache. A page is free, used by one sequence or more, or kept: full, computed and used by nobody, until
/// its room is needed. Sequences reserve what they may come to need, so that taking a page never fails.
/// </summary>
/// <remarks>
/// Full pages are found again by their tokens and the page before them, which in turn stands for all tokens before it. Tokens
/// are compared, not only their hash. Nothing here allocates after the constructor.
/// </remarks>
sealed class PagePool
{
    const int PageTokens = PagedCache.PageTokens;

    readonly int[] references, free, tokens;
    readonly PageHistory kept;
    readonly long[] names, parents;
    readonly Dictionary<ulong, int> index;
    int freeCount;
    long lastName;

    public PagePool(int pages)
    {
        Pages = pages;
        (references, free, tokens) = (new int[pages], new int[pages], new int[pages * PageTokens]);
        (names, parents, index, kept) = (new long[pages], new long[pages], new Dictionary<ulong, int>(pages), new PageHistory(pages));
        for (var page = pages - 1; page >= 0; page--) free[freeCount++] = page;
    }

    public int Pages { get; }

    /// <summary>Pages that sequences hold.</summary>
    public int Used => Pages - freeCount - kept.Count;

    /// <summary>Pages that nobody holds and that can be found again.</summary>
    public int Kept => kept.Count;

    /// <summary>Pages that sequences may still take.</summary>
    public int Reserved { get; private set; }

    /// <summary>Pages that can still be reserved.</summary>
    public int Available => freeCount + kept.Count - Reserved;

    /// <summary>Promises pages; false when there are not so many.</summary>
    public bool TryReserve(int pages)
    {
        if (pages > Available) return false;
        Reserved += pages;
        return true;
    }

    /// <summary>Gives a promise back.</summary>
    public void Unreserve(int pages) => Reserved -= pages;

    /// <summary>Takes a reserved page. When none is free the one kept longest is forgotten.</summary>
    public int Take()
    {
        if (Reserved == 0) throw new InvalidOperationException("a page was taken that was not reserved");
        Reserved--;
        var page = freeCount > 0 ? free[--freeCount] : kept.RemoveOldest();
        Forget(page);
        references[page] = 1;
        return page;
    }

    /// <summary>One more sequence uses a page.</summary>
    public void Share(int page)
    {
        if (references[page]++ == 0) kept.Remove(page);
    }

    /// <summary>One sequence fewer uses a page.</summary>
    public void Release(int page)
    {
        if (--references[page] > 0) return;
        if (names[page] != 0) kept.Add(page);
        else free[freeCount++] = page;
    }

    /// <summary>Whether several sequences use a page.</summary>
    public bool IsShared(int page) => references[page] > 1;

    /// <summary>Whether only its sequence can see a page: then it may be written.</summary>
    public bool IsPrivate(int page) => references[page] == 1 && names[page] == 0;

    /// <summary>The name under which a page was published, 0 for none.</summary>
    public long Name(int page) => names[page];

    /// <summary>The page with these tokens after the page named <paramref name="parent"/>, or −1.</summary>
    /// <param name="parent">Name of the page before; at the start of a sequence 0 or, different for each kind of beginning, less.</param>
    /// <param name="content">The tokens of a page.</param>
    public int Find(long parent, ReadOnlySpan<int> content) =>
        index.TryGetValue(Hash(parent, content), out var page) && parents[page] == parent && Content(page).SequenceEqual(content)
            ? page : -1;

    /// <summary>Lets a full page be found. Only when no other has its tokens; see <see cref="Find"/>.</summary>
    /// <returns>False when another page stands in the way: it then stays unknown.</returns>
    public bool Publish(int page, long parent, ReadOnlySpan<int> content)
    {
        if (!index.TryAdd(Hash(parent, content), page)) return false;
        (names[page], parents[page]) = (++lastName, parent);
        content.CopyTo(Content(page));
        return true;
    }

    void Forget(int page)
    {
        if (names[page] == 0) return;
        index.Remove(Hash(parents[page], Content(page)));
        names[page] = 0;
    }

    Span<int> Content(int page) => tokens.AsSpan(page * PageTokens, PageTokens);

    static ulong Hash(long parent, ReadOnlySpan<int> content)
    {
        var hash = (ulong)parent * 0x9E3779B97F4A7C15;
        foreach (var token in content)
        {
            hash = (hash ^ (uint)token) * 0xBF58476D1CE4E5B9;
            hash ^= hash >> 29;
        }
        return hash;
    }
}

namespace Moesaic.Inference;

/// <summary>Pages in the order in which they were added, with removal from anywhere: a ring of links. Allocates once.</summary>
/// <param name="pages">How many pages there are.</param>
sealed class PageHistory(int pages)
{
    // The last place is no page: it joins the oldest and the newest.
    readonly int[] older = Ring(pages), newer = Ring(pages);

    public int Count { get; private set; }

    public void Add(int page)
    {
        var newest = older[pages];
        (older[page], newer[page]) = (newest, pages);
        newer[newest] = older[pages] = page;
        Count++;
    }

    public void Remove(int page)
    {
        newer[older[page]] = newer[page];
        older[newer[page]] = older[page];
        Count--;
    }

    public int RemoveOldest()
    {
        var oldest = newer[pages];
        if (oldest == pages) throw new InvalidOperationException("there is no page");
        Remove(oldest);
        return oldest;
    }

    static int[] Ring(int pages)
    {
        var links = new int[pages + 1];
        links[pages] = pages;
        return links;
    }
}

namespace Moesaic.Inference;

/// <summary>What the pages of a cache are doing.</summary>
/// <param name="Pages">All of them: used, kept and free.</param>
/// <param name="Used">Held by sequences; a page that several share counts once.</param>
/// <param name="Kept">Held by none, but found again by a sequence with the same tokens; given away when room is needed.</param>
/// <param name="Reserved">Free or kept ones that the sequences may still come to need.</param>
/// <param name="PageTokens">Tokens in a page.</param>
/// <param name="PageBytes">Bytes of a page, all layers together.</param>
public readonly record struct CacheUsage(int Pages, int Used, int Kept, int Reserved, int PageTokens, long PageBytes)
{
    /// <summary>Neither used nor kept.</summary>
    public int Free => Pages - Used - Kept;

    /// <summary>Pages that a new sequence can have.</summary>
    public int Available => Pages - Used - Reserved;
}

using Moesaic.Kernels;

namespace Moesaic.Models.Layers;

/// <summary>
/// Keys and values of earlier tokens of any number of sequences, in pages of <see cref="PageTokens"/> tokens. A page holds its
/// tokens' keys and values of all layers in one piece. Who owns which page is the caller's business.
/// </summary>
public sealed unsafe class PagedCache : IDisposable
{
    readonly AlignedBlock block;
    readonly AttentionPages[] layers;
    readonly long[] masks;

    /// <summary>Makes room for <paramref name="pages"/> pages. The system lends the memory as pages are first written.</summary>
    /// <param name="spec">The model's shape.</param>
    /// <param name="pages">How many, 1 or more.</param>
    /// <param name="encoding">How keys and values are stored.</param>
    /// <exception cref="OutOfMemoryException">There is not so much.</exception>
    public PagedCache(ModelSpec spec, int pages, CacheEncoding encoding = CacheEncoding.F32)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pages, 1);
        (Pages, Encoding, PageBytes) = (pages, encoding, BytesOfPage(spec, encoding));
        block = new AlignedBlock(checked(pages * PageBytes), zeroed: false);
        (layers, masks) = (new AttentionPages[spec.Layers.Count], new long[spec.Layers.Count]);
        var at = (byte*)block.Pointer;
        for (var l = 0; l < layers.Length; l++)
        {
            var layer = Shape(spec.Layers[l].Attention, pages, encoding);
            layers[l] = layer with { FirstKeys = at, FirstValues = at + layer.KeyBytes, PageBytes = PageBytes };
            at += layer.KeyBytes + layer.ValueBytes;
            masks[l] = at - (byte*)block.Pointer;
            at += MaskBytes(spec.Layers[l].Attention);
        }
    }

    /// <summary>Tokens in a page.</summary>
    public const int PageTokens = AttentionPages.Tokens;

    /// <summary>Number of pages.</summary>
    public int Pages { get; }

    /// <summary>How keys and values are stored.</summary>
    public CacheEncoding Encoding { get; }

    /// <summary>Bytes of one page, all layers together.</summary>
    public long PageBytes { get; }

    /// <summary>Bytes of all pages.</summary>
    public long Bytes => block.Bytes;

    /// <summary>Bytes that a page of a model takes.</summary>
    /// <param name="spec">The model's shape.</param>
    /// <param name="encoding">How keys and values are stored.</param>
    public static long BytesOfPage(ModelSpec spec, CacheEncoding encoding) =>
        spec.Layers.Sum(l => Shape(l.Attention, 1, encoding) is var layer ? layer.KeyBytes + layer.ValueBytes + MaskBytes(l.Attention) : 0);

    /// <summary>The pages of a layer.</summary>
    public ref readonly AttentionPages Layer(int layer) => ref layers[layer];

    /// <summary>
    /// Of a layer whose experts have the keys of their own tokens: a mask per expert, of which tokens of a page they are.
    /// </summary>
    internal Span<uint> Masks(int layer, int page) =>
        new((byte*)block.Pointer + (page * PageBytes) + masks[layer], layers[layer].Heads);

    /// <summary>Copies a page.</summary>
    public void CopyPage(int from, int to) => Page(from).CopyTo(Page(to));

    /// <summary>Frees the memory.</summary>
    public void Dispose() => block.Dispose();

    Span<byte> Page(int page)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)page, (uint)Pages);
        return new Span<byte>((byte*)block.Pointer + (page * PageBytes), checked((int)PageBytes));
    }

    // Whole lines, so that what follows stays aligned.
    static long MaskBytes(AttentionSpec attention) =>
        attention.Experts is { Keys: ExpertKeys.Routed } ? ((attention.KeyValueHeads * sizeof(uint)) + 63) / 64 * 64 : 0;

    static AttentionPages Shape(AttentionSpec attention, int pages, CacheEncoding encoding) =>
        new(pages, attention.KeyValueHeads, attention.PaddedDim, attention.ValueDim, encoding)
        {
            FirstKeys = null, FirstValues = null, PageBytes = 0,
        };
}

namespace Moesaic.Kernels;

/// <summary>
/// The keys and values of one layer in pages of <see cref="Tokens"/> tokens (Kwon et al. 2023, section 4.1): where they lie
/// and how they are stored. A page has a tile of keys for each head, and elsewhere a tile of values. Whose tokens a page holds is written in a page table, see <see cref="Attention"/>.
/// </summary>
/// <param name="pages">How many pages there are.</param>
/// <param name="heads">Heads of keys and values.</param>
/// <param name="keyDim">Width of a head's key, in values.</param>
/// <param name="valueDim">Width of a head's value, in values; it may differ.</param>
/// <param name="encoding">How they are stored.</param>
public readonly unsafe struct AttentionPages(int pages, int heads, int keyDim, int valueDim, CacheEncoding encoding)
{
    /// <summary>Tokens in a page. It is the kernels' tile of keys: each tile lies in one page.</summary>
    public const int Tokens = AttentionSizes.TileKeys;

    /// <summary>How many pages there are.</summary>
    public int Pages { get; } = pages;

    /// <summary>Heads of keys and values.</summary>
    public int Heads { get; } = heads;

    /// <summary>Width of a head's key, in values.</summary>
    public int KeyDim { get; } = keyDim;

    /// <summary>Width of a head's value, in values.</summary>
    public int ValueDim { get; } = valueDim;

    /// <summary>How they are stored.</summary>
    public CacheEncoding Encoding { get; } = encoding;

    /// <summary>The keys of the first page, <see cref="KeyBytes"/> long.</summary>
    public required byte* FirstKeys { get; init; }

    /// <summary>The values of the first page, <see cref="ValueBytes"/> long.</summary>
    public required byte* FirstValues { get; init; }

    /// <summary>Bytes from page to page.</summary>
    public required long PageBytes { get; init; }

    /// <summary>Bytes of the keys of one page.</summary>
    public long KeyBytes => Heads * CacheTile.Bytes(Encoding, KeyDim);

    /// <summary>Bytes of the values of one page.</summary>
    public long ValueBytes => Heads * CacheTile.Bytes(Encoding, ValueDim);

    /// <summary>Stores what one token left behind.</summary>
    /// <param name="row">Page · <see cref="Tokens"/> + place in the page.</param>
    /// <param name="keys">[Heads·KeyDim].</param>
    /// <param name="values">[Heads·W] with W at least ValueDim; what a head has beyond ValueDim is left out.</param>
    public void Write(int row, ReadOnlySpan<float> keys, ReadOnlySpan<float> values)
    {
        Require.Length(keys.Length, (long)Heads * KeyDim, nameof(keys));
        int valuePitch = values.Length / Heads;
        if (values.Length % Heads != 0 || valuePitch < ValueDim)
            throw new ArgumentException($"{values.Length} numbers are no {Heads} heads of {ValueDim} or more.", nameof(values));
        for (int head = 0; head < Heads; head++)
            WriteHead(row, head, keys.Slice(head * KeyDim, KeyDim), values.Slice(head * valuePitch, ValueDim));
    }

    /// <summary>Stores what one token left behind in one head.</summary>
    /// <param name="row">Page · <see cref="Tokens"/> + place in the page.</param>
    /// <param name="head">Which head.</param>
    /// <param name="key">[KeyDim].</param>
    /// <param name="value">[ValueDim].</param>
    public void WriteHead(int row, int head, ReadOnlySpan<float> key, ReadOnlySpan<float> value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)(Pages * Tokens), nameof(row));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)head, (uint)Heads, nameof(head));
        Require.Length(key.Length, KeyDim, nameof(key));
        Require.Length(value.Length, ValueDim, nameof(value));
        KeyTile.Write(Encoding, key, Keys(row / Tokens, head), row % Tokens);
        ValueTile.Write(Encoding, value, Values(row / Tokens, head), row % Tokens);
    }

    /// <summary>For messages.</summary>
    public override string ToString() => $"{Pages} pages of {Heads} heads, keys {KeyDim} and values {ValueDim} wide, {Encoding}";

    internal byte* Keys(int page, int head) => FirstKeys + page * PageBytes + head * CacheTile.Bytes(Encoding, KeyDim);

    internal byte* Values(int page, int head) => FirstValues + page * PageBytes + head * CacheTile.Bytes(Encoding, ValueDim);
}

namespace Moesaic.Text.Datasets;

/// <summary>How samples come to share blocks. Whatever the method, samples of one block do not see each other.</summary>
public sealed record PackingOptions
{
    /// <summary>Which samples share a block. Default: best fit.</summary>
    public PackingMethod Method { get; init; } = PackingMethod.BestFit;

    /// <summary>What becomes of a sample longer than a block. Default: cut.</summary>
    public LongSamples LongSamples { get; init; } = LongSamples.Cut;

    /// <summary>
    /// So many samples that follow one another, such as the two answers of a preference pair, stay in one block or are left out
    /// together; 1 or a divisor of the number of samples. With more than 1 no sample is cut. Default 1.
    /// </summary>
    public int Together { get; init; } = 1;
}

/// <summary>Which samples share a block.</summary>
public enum PackingMethod
{
    /// <summary>The longest first, each into the fullest block it still fits: the least padding.</summary>
    BestFit,

    /// <summary>In the order of the data; a sample that no longer fits opens the next block.</summary>
    NextFit,

    /// <summary>Every sample has a block of its own, the rest of which is padding.</summary>
    Alone,
}

/// <summary>What becomes of samples longer than a block.</summary>
public enum LongSamples
{
    /// <summary>Cut into consecutive pieces that do not see each other: no prediction is lost, only context.</summary>
    Cut,

    /// <summary>Left out: what is learned is whole.</summary>
    Drop,
}

namespace Moesaic.Kernels;

/// <summary>
/// A vector of float32 that knows its width at compile time, with operators, so that one formula serves all widths.
/// </summary>
interface ILanes<TSelf> : ISimd<TSelf>
    where TSelf : struct, ILanes<TSelf>
{
    static abstract TSelf Create(float value);

    static abstract TSelf operator +(TSelf x, TSelf y);

    static abstract TSelf operator -(TSelf x, TSelf y);

    static abstract TSelf operator *(TSelf x, TSelf y);

    static abstract TSelf operator /(TSelf x, TSelf y);

    /// <summary>The larger of two; where one is NaN, either.</summary>
    static abstract TSelf Max(TSelf x, TSelf y);

    static abstract TSelf Sqrt(TSelf x);

    /// <summary>Per lane: x &lt; y ? then : otherwise.</summary>
    static abstract TSelf WhereLess(TSelf x, TSelf y, TSelf then, TSelf otherwise);

    /// <summary>2^(n − 1) for the integer n in the low bits of each lane, −125 ≤ n ≤ 128.</summary>
    static abstract TSelf PowerOfTwo(TSelf lowBits);

    /// <summary>The sum of all lanes, in a fixed tree.</summary>
    static abstract float Sum(TSelf x);

    /// <summary>The largest of all lanes; where one is NaN, any.</summary>
    static abstract float MaxOf(TSelf x);
}

namespace Moesaic.Kernels;

/// <summary>The sizes of one attention layer.</summary>
/// <param name="QueryHeads">Heads of the queries; a multiple of <paramref name="KeyValueHeads"/>.</param>
/// <param name="KeyValueHeads">
/// Heads of keys and values; query head h reads head h / (QueryHeads / KeyValueHeads).
/// </param>
/// <param name="HeadDim">Width of a head, in values.</param>
/// <param name="Scale">Factor on q·k before the softmax, usually 1/√HeadDim.</param>
/// <param name="Window">
/// How many keys a query sees at most, itself counted: those before them are hidden (Beltagy et al. 2020, section 3.1). 0, the
/// default, hides none.
/// </param>
public readonly record struct AttentionShape(int QueryHeads, int KeyValueHeads, int HeadDim, float Scale, int Window = 0)
{
    /// <summary>The first key that a query sees, of the given number up to itself.</summary>
    internal int FirstKey(int visible) => Window == 0 ? 0 : Math.Max(0, visible - Window);
}

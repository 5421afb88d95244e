namespace Moesaic.Methods.Extraction;

/// <summary>What the experts of a task become.</summary>
public enum ExtractForm
{
    /// <summary>One dense feed-forward a layer: the experts side by side, with their weights in the down projections.</summary>
    Dense,

    /// <summary>A mixture of these experts alone, all of them chosen with the same weight; their own is in the down projections.</summary>
    Experts,
}

namespace Moesaic.Methods.Compression.Allocation;

/// <summary>Which experts are compared when some are to go.</summary>
public enum PruneScope
{
    /// <summary>Those of a layer: every layer loses the same part.</summary>
    Layer,

    /// <summary>Those of all layers: layers end with different numbers, which few other tools read.</summary>
    Global,
}

namespace Moesaic.Formats;

/// <summary>How a model folder is written.</summary>
public sealed record HfFolderOptions
{
    /// <summary>
    /// The most bytes of tensors in one weights file; a larger tensor gets a file of its own. 5 GB by default.
    /// </summary>
    public long MaxShardBytes { get; init; } = 5_000_000_000;

    /// <summary>
    /// Replace a model folder that is already there; false refuses. The old one stays until the new one is
    /// complete.
    /// </summary>
    public bool Overwrite { get; init; }

    /// <summary>Told the bytes of tensors written so far.</summary>
    public IProgress<long>? Progress { get; init; }
}

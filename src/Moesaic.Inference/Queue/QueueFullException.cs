namespace Moesaic.Inference;

/// <summary>As many requests wait already as may.</summary>
/// <param name="waiting">How many.</param>
/// <param name="retryAfter">See <see cref="RetryAfter"/>.</param>
public sealed class QueueFullException(int waiting, TimeSpan retryAfter) : Exception(
    FormattableString.Invariant($"{waiting} requests wait already, which is as many as may. Try again in {retryAfter.TotalSeconds:0} s."))
{
    /// <summary>
    /// When a place will probably be free: as long as requests took of late, divided by how many run together. Whole seconds, 1 to 60.
    /// </summary>
    public TimeSpan RetryAfter => retryAfter;
}

namespace Moesaic.Server.Telemetry;

/// <summary>Tokens per second of the last seconds, from counts whenever somebody asks.</summary>
sealed class TokenRate(TimeProvider time)
{
    static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    readonly Lock gate = new();
    readonly Queue<(long At, long Count)> seen = [];

    /// <param name="count">Tokens since the start.</param>
    /// <returns>0 when nobody asked in the seconds before.</returns>
    public double Of(long count)
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            while (seen.Count > 0 && time.GetElapsedTime(seen.Peek().At, now) > Window) seen.Dequeue();
            seen.Enqueue((now, count));
            var (at, before) = seen.Peek();
            var seconds = time.GetElapsedTime(at, now).TotalSeconds;
            return seconds > 0 ? (count - before) / seconds : 0;
        }
    }
}

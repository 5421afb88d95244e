namespace Moesaic.Inference;

/// <summary>
/// Who waits, in an order that is fair between clients: a client's first request comes in the round that is being served, its next one a
/// round later. Within a round, and so for a single client, the order is that of arrival.
/// </summary>
/// <remarks>Not for several threads at once.</remarks>
sealed class WaitingLine
{
    readonly List<QueueJob> jobs = [];
    readonly Dictionary<string, long> lastTurns = new(StringComparer.Ordinal);
    long turn;

    public int Count => jobs.Count;

    public QueueJob? First => jobs.Count == 0 ? null : jobs[0];

    public void Add(QueueJob job)
    {
        job.Turn = lastTurns.TryGetValue(job.Client, out var last) ? Math.Max(turn, last + 1) : turn;
        lastTurns[job.Client] = job.Turn;
        var at = jobs.Count;
        while (at > 0 && jobs[at - 1].Turn > job.Turn) at--;
        jobs.Insert(at, job);
    }

    /// <summary>The first one starts: its round is being served.</summary>
    public void RemoveFirst()
    {
        turn = jobs[0].Turn;
        jobs.RemoveAt(0);
        Forget();
    }

    /// <summary>Removes those that gave up.</summary>
    /// <returns>How many.</returns>
    public int GiveUp() => jobs.RemoveAll(job => job.TryGiveUp());

    /// <summary>Ends all.</summary>
    public void Clear(Exception why)
    {
        foreach (var job in jobs) job.End(why);
        jobs.Clear();
        lastTurns.Clear();
    }

    // A client that could only be sent to the round that comes anyway need not be remembered.
    void Forget()
    {
        if (jobs.Count == 0) lastTurns.Clear();
        else if (lastTurns.Count > 2 * (jobs.Count + 16))
            foreach (var client in lastTurns.Where(last => last.Value < turn).Select(last => last.Key).ToList()) lastTurns.Remove(client);
    }
}

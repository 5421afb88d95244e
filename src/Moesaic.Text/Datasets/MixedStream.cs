namespace Moesaic.Text.Datasets;

/// <summary>
/// Batches that mix domains by weight: a domain's weight is its share of the tokens read. Blocks are drawn by smooth weighted
/// round robin, so that after any number of blocks a domain has had its share to within about a block; every domain runs
/// through epochs of its own, each in an order of its own.
/// </summary>
/// <remarks>
/// What a step reads depends on the data, the seed, the step and the weights of the steps up to it; there is no other state.
/// Not safe for several threads at once.
/// </remarks>
public sealed class MixedStream : IBatchSource
{
    readonly IReadOnlyList<PackedDataset> domains;
    readonly BatchStream[] streams;
    readonly double[] tokensPerBlock;
    readonly IReadOnlyList<DomainWeights> history;
    readonly int rows, padId;
    // Where the round robin stands: blocks drawn of each domain, and what each is owed.
    readonly long[] drawn;
    readonly double[] owed;
    long place;

    /// <summary>Prepares the sequence.</summary>
    /// <param name="domains">The blocks of each domain, of one length.</param>
    /// <param name="rows">Blocks in a batch, at least 1.</param>
    /// <param name="seed">Chooses the orders.</param>
    /// <param name="padId">The id put where there is no token.</param>
    /// <param name="history">
    /// The weights, one a domain, that hold from their step on: in rising order, the first from step 0. Entries may be added for
    /// steps that were not asked for yet.
    /// </param>
    public MixedStream(IReadOnlyList<PackedDataset> domains, int rows, ulong seed, int padId, IReadOnlyList<DomainWeights> history)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        if (domains.Any(d => d.Length != domains[0].Length))
            throw new ArgumentException("The blocks of all domains must have one length.", nameof(domains));
        if (history.Count == 0 || history[0].Step != 0)
            throw new ArgumentException("The weights must begin at step 0.", nameof(history));
        (this.domains, this.rows, this.padId, this.history) = (domains, rows, padId, history);
        streams = [.. domains.Select((d, i) => new BatchStream(d, 1, Shuffle.Derive(seed, i), padId))];
        tokensPerBlock = [.. domains.Select(d => (double)d.Report.Tokens / d.Blocks)];
        (drawn, owed) = (new long[domains.Count], new double[domains.Count]);
    }

    /// <summary>Blocks drawn of each domain in the steps before <paramref name="step"/>.</summary>
    public long[] DrawnBefore(long step)
    {
        Go(checked(step * rows));
        return [.. drawn];
    }

    /// <inheritdoc/>
    public Batch At(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        Go(checked(step * rows));
        var shares = Shares(step);
        return Batch.Join([.. Enumerable.Range(0, rows).Select(_ =>
        {
            var domain = Draw(shares);
            return domains[domain].Batch([streams[domain].BlockAt(drawn[domain] - 1)], padId);
        })]);
    }

    void Go(long target)
    {
        if (target < place)
        {
            place = 0;
            Array.Clear(drawn);
            Array.Clear(owed);
        }
        while (place < target)
        {
            var shares = Shares(place / rows);
            for (var end = Math.Min(target, ((place / rows) + 1) * rows); place < end;) Draw(shares);
        }
    }

    int Draw(double[] shares)
    {
        var next = 0;
        for (var d = 0; d < owed.Length; d++)
        {
            owed[d] += shares[d];
            if (owed[d] > owed[next]) next = d;
        }
        owed[next]--;
        drawn[next]++;
        place++;
        return next;
    }

    // Shares of the blocks: a domain whose blocks hold more padding needs more of them for the same tokens.
    double[] Shares(long step)
    {
        var last = history.Count - 1;
        while (history[last].Step > step) last--;
        double[] shares = [.. history[last].Weights.Select((w, d) => w / tokensPerBlock[d])];
        var sum = shares.Sum();
        return [.. shares.Select(s => s / sum)];
    }
}

/// <summary>The weights of domains from a step on.</summary>
/// <param name="Step">The first step they hold for.</param>
/// <param name="Weights">One a domain, not negative and not all zero; their proportions are shares of the tokens.</param>
public sealed record DomainWeights(int Step, double[] Weights);

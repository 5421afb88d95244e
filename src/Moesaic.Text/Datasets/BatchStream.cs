namespace Moesaic.Text.Datasets;

/// <summary>
/// The endless sequence of batches of a training run. Batch s depends on the data, the seed and s alone: a run that was
/// killed resumes at its step with the same bits.
/// </summary>
/// <remarks>
/// Epochs follow each other without a gap: a batch may hold the last blocks of one and the first of the next, and every
/// epoch shows every block once, in an order of its own. An instance is not safe for several threads at once.
/// </remarks>
/// <param name="data">The blocks.</param>
/// <param name="rows">Blocks in a batch, at least 1.</param>
/// <param name="seed">Chooses the order.</param>
/// <param name="padId">The id put where there is no token.</param>
public sealed class BatchStream(PackedDataset data, int rows, ulong seed, int padId) : IBatchSource
{
    readonly int rows = rows >= 1 ? rows : throw new ArgumentOutOfRangeException(nameof(rows));
    int[] order = [];
    long orderEpoch = -1;

    /// <summary>How many epochs are complete when the given number of steps is done; not a whole number in general.</summary>
    public double EpochsAfter(long steps) => (double)steps * rows / data.Blocks;

    /// <summary>The steps after which every block has been seen at least <paramref name="epochs"/> times.</summary>
    public long StepsFor(double epochs) => (long)Math.Ceiling(epochs * data.Blocks / rows);

    /// <inheritdoc/>
    public Batch At(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        var chosen = new int[rows];
        for (var row = 0; row < rows; row++) chosen[row] = BlockAt(checked(step * rows + row));
        return data.Batch(chosen, padId);
    }

    /// <summary>The block that is drawn at a place of the sequence, epoch after epoch.</summary>
    internal int BlockAt(long place)
    {
        var (epoch, index) = Math.DivRem(place, data.Blocks);
        if (epoch != orderEpoch) (order, orderEpoch) = (Shuffle.Order(data.Blocks, seed, epoch), epoch);
        return order[index];
    }

    /// <summary>Every block once, unshuffled, for evaluation; missing rows of the last batch are padding.</summary>
    /// <param name="data">The blocks.</param>
    /// <param name="rows">Blocks in a batch, at least 1.</param>
    /// <param name="padId">The id put where there is no token.</param>
    public static IEnumerable<Batch> Once(PackedDataset data, int rows, int padId)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        for (var first = 0; first < data.Blocks; first += rows)
        {
            var chosen = new int[rows];
            for (var row = 0; row < rows; row++) chosen[row] = first + row < data.Blocks ? first + row : -1;
            yield return data.Batch(chosen, padId);
        }
    }
}

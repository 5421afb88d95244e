using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Compression.Plans;

namespace Moesaic.Methods.Compression.Drops;

/// <summary>
/// Block Drop (Unified-MoE-Compression, He et al. 2024): whole layers are left out, those that change the residual stream least, or those that together do when
/// they follow one another.
/// </summary>
public static class BlockDrop
{
    /// <summary>All layers, by the mean cosine of what each reads and gives, most alike first; ties go to the later layer.</summary>
    /// <param name="layers">What calibration saw of each layer.</param>
    public static LayerDrops Rank(IReadOnlyList<LayerStatistics> layers) =>
        LayerDrops.Of(wholeLayers: true, [.. Enumerable.Range(0, layers.Count)], l => layers[l].Residual.Block / layers[l].Residual.Tokens);

    /// <summary>
    /// The layers start to start + count − 1 between whose input and output the stream is most alike; ties go to the later. What follows the window then reads what the window
    /// read: the published code compares with the layer after that.
    /// </summary>
    /// <param name="similarity">[L + 1, L + 1]: <see cref="CalibrationStatistics.Similarity"/>.</param>
    /// <param name="count">Layers that go, 1 to L.</param>
    /// <returns>The first layer of the window, and the mean cosine.</returns>
    /// <exception cref="BadRequestException">Nothing was measured between layers.</exception>
    public static (int Start, double Similarity) BestWindow(double[,] similarity, int count)
    {
        var layers = similarity.GetLength(0) - 1;
        if (layers < 1) throw new BadRequestException("A window of layers needs the likeness of all layers with all; calibrate with similarity_tokens above 0.");
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, layers);
        var best = Enumerable.Range(0, layers - count + 1).OrderByDescending(start => similarity[start, start + count]).ThenByDescending(start => start).First();
        return (best, similarity[best, best + count]);
    }

    /// <summary>The same layers with a window of them first.</summary>
    /// <param name="drops">All layers, by themselves.</param>
    /// <param name="start">First layer of the window.</param>
    /// <param name="count">Its length.</param>
    internal static LayerDrops Window(LayerDrops drops, int start, int count)
    {
        int[] order = [.. Enumerable.Range(0, drops.Ranking.Count).OrderBy(i => drops.Ranking[i] < start || drops.Ranking[i] >= start + count)];
        return drops with { Consecutive = true, Ranking = [.. order.Select(i => drops.Ranking[i])], Similarities = [.. order.Select(i => drops.Similarities[i])] };
    }
}

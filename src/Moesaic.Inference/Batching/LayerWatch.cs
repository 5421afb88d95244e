using Moesaic.Models.Experts;

namespace Moesaic.Inference;

/// <summary>Counts what one router decides, and keeps it for the rows of a pass that are wanted.</summary>
/// <param name="layer">Number of the layer.</param>
/// <param name="experts">E.</param>
/// <param name="wanted">The rows of the pass that runs; changed between passes.</param>
sealed class LayerWatch(int layer, int experts, List<int> wanted) : IRoutingObserver
{
    readonly long[] slots = new long[experts];
    long tokens;
    int[] ids = [];
    float[] weights = [];
    int width;

    public void Observe(in Routing routing)
    {
        var chosen = routing.Chosen.Span;
        // One thread writes, so that others may read without a lock: never half a number, perhaps not yet the last one.
        foreach (var e in chosen)
            if (e >= 0) Volatile.Write(ref slots[e], slots[e] + 1);
        Volatile.Write(ref tokens, tokens + routing.Weights.Rows);
        width = routing.Weights.Columns;
        if (ids.Length < wanted.Count * width) (ids, weights) = (new int[wanted.Count * width], new float[wanted.Count * width]);
        for (var i = 0; i < wanted.Count; i++)
        {
            chosen.Slice(wanted[i] * width, width).CopyTo(ids.AsSpan(i * width));
            routing.Weights.Row(wanted[i]).CopyTo(weights.AsSpan(i * width));
        }
    }

    /// <summary>Since the start; any thread may ask.</summary>
    public ExpertLoad Load()
    {
        var copy = new long[slots.Length];
        for (var e = 0; e < copy.Length; e++) copy[e] = Volatile.Read(ref slots[e]);
        return new ExpertLoad(layer, Volatile.Read(ref tokens), copy);
    }

    /// <summary>What was decided for the wanted row of that number in the last pass.</summary>
    public LayerRouting Of(int number)
    {
        var count = 0;
        while (count < width && ids[(number * width) + count] >= 0) count++;
        return new LayerRouting(layer, ids.AsSpan(number * width, count).ToArray(), weights.AsSpan(number * width, count).ToArray());
    }
}

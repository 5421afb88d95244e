using Moesaic.Models.Experts;

namespace Moesaic.Methods.Training.Balance;

/// <summary>See <see cref="ClusterDropoutOptions"/>. Which experts are dropped follows from seed and step alone: there is no state.</summary>
/// <param name="routers">In order.</param>
/// <param name="options">Clusters, rate, interval.</param>
/// <param name="seed">Of the run.</param>
sealed class ClusterDropout(IReadOnlyList<Router> routers, ClusterDropoutOptions options, ulong seed)
{
    // Beside the streams of noise, which are numbered by layers.
    const int FirstStream = 1 << 24;

    /// <summary>The experts dropped in a step, from 0.</summary>
    public Dictionary<Router, ReadOnlyMemory<bool>> At(int step)
    {
        var draw = new NoiseDraw(seed, step / options.Interval, 0);
        return routers.Select((router, r) => (router, Flags: Flags(router.Spec.Experts, draw, FirstStream + r)))
            .ToDictionary(p => p.router, p => (ReadOnlyMemory<bool>)p.Flags);
    }

    bool[] Flags(int experts, NoiseDraw draw, int stream)
    {
        var (flags, lots, size) = (new bool[experts], new float[experts], experts / options.Clusters);
        draw.Fill(stream, 0, lots);
        for (var first = 0; first < experts; first += size)
        {
            foreach (var e in Enumerable.Range(first, size).OrderBy(e => lots[e]).Take(options.DroppedOf(size))) flags[e] = true;
        }
        return flags;
    }
}

using Moesaic.Models;
using Moesaic.Tensors;

namespace Moesaic.Methods.Construction;

/// <summary>First weights of routers.</summary>
public static class RouterInit
{
    /// <summary>Deviation of random routers: the initializer_range of the published models.</summary>
    public const double Deviation = 0.02;

    /// <summary>Independent normal numbers of deviation <see cref="Deviation"/>.</summary>
    /// <param name="weight">[E, D], overwritten.</param>
    /// <param name="seed">Any number.</param>
    /// <param name="layer">Number of the layer: each gets numbers of its own.</param>
    public static void Random(Tensor weight, ulong seed, int layer) =>
        ModelInitialiser.FillNormal(weight.Span, SeededRandom(seed, layer), Deviation);

    internal static Random SeededRandom(ulong seed, int layer) =>
        new(unchecked((int)((seed ^ (seed >> 32)) + ((ulong)layer * 0x9E3779B1))));
}

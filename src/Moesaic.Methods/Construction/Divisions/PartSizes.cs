using Moesaic.Formats;

namespace Moesaic.Methods.Construction.Divisions;

/// <summary>What happens when the experts do not divide the width.</summary>
public enum PaddingRule
{
    /// <summary>The split is refused.</summary>
    Refuse,

    /// <summary>Neurons of zeros are added until they do: exact, at the price of a few useless products.</summary>
    Zeros,
}

/// <summary>Into which parts a layer is cut.</summary>
/// <param name="Width">Width of the dense layer, F.</param>
/// <param name="Experts">Routed experts, E.</param>
/// <param name="SharedParts">Shared experts, each as wide as a routed one.</param>
/// <param name="Part">Width of one expert.</param>
public readonly record struct PartSizes(int Width, int Experts, int SharedParts, int Part)
{
    /// <summary>Width with padding: all parts together.</summary>
    public int PaddedWidth => Part * (Experts + SharedParts);

    /// <summary>Width of the shared experts together.</summary>
    public int SharedWidth => Part * SharedParts;

    /// <summary>Cuts a width into equal parts.</summary>
    /// <exception cref="BadRequestException">It does not divide, or there are more parts than neurons.</exception>
    public static PartSizes Of(int width, int experts, int sharedParts, PaddingRule padding, int layer)
    {
        var parts = experts + sharedParts;
        if (experts < 1 || sharedParts < 0 || parts > width)
            throw new BadRequestException($"Layer {layer}: {experts} experts and {sharedParts} shared ones out of {width} neurons; " +
                "need at least one expert and a neuron for each.");
        var part = (width + parts - 1) / parts;
        if (part * parts != width && padding == PaddingRule.Refuse)
            throw new BadRequestException($"Layer {layer}: {parts} experts do not divide the width {width}. Take a number that does " +
                $"(near: {string.Join(", ", Near(width, parts))}), or padding: zeros, which adds {(part * parts) - width} neurons of zeros.");
        return new PartSizes(width, experts, sharedParts, part);
    }

    static IEnumerable<int> Near(int width, int parts) =>
        Enumerable.Range(1, width).Where(n => width % n == 0).OrderBy(n => Math.Abs(n - parts)).Take(3).Order();
}

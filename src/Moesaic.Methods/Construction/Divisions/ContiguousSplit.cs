namespace Moesaic.Methods.Construction.Divisions;

/// <summary>
/// Neurons in their order, cut into equal runs: LLaMA-MoE v2's "vanilla" (Qu et al. 2024, "LLaMA-MoE v2"). The order of the
/// neurons of a trained model is as good as random, so this equals <see cref="RandomSplit"/> without the shuffling.
/// </summary>
public static class ContiguousSplit
{
    /// <summary>Divides a layer.</summary>
    /// <param name="layer">Number of the layer.</param>
    /// <param name="sizes">The parts; shared experts come first.</param>
    public static LayerSplit Divide(int layer, PartSizes sizes) =>
        Cut(layer, sizes, [.. Enumerable.Range(0, sizes.PaddedWidth)]);

    internal static LayerSplit Cut(int layer, PartSizes sizes, int[] order) => new()
    {
        Layer = layer,
        Width = sizes.Width,
        PaddedWidth = sizes.PaddedWidth,
        Shared = Sorted(order[..sizes.SharedWidth]),
        Experts = [.. Enumerable.Range(0, sizes.Experts)
            .Select(e => Sorted(order.AsSpan(sizes.SharedWidth + (e * sizes.Part), sizes.Part).ToArray()))],
    };

    static int[] Sorted(int[] neurons)
    {
        Array.Sort(neurons);
        return neurons;
    }
}

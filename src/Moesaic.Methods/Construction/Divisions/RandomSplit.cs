using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Construction.Divisions;

/// <summary>
/// Neurons dealt out at random, without overlap ("Independent-Random", Zhu et al. 2024, "LLaMA-MoE", section 3.1). Needs no
/// data; the released LLaMA-MoE v1 models start from it.
/// </summary>
public static class RandomSplit
{
    /// <summary>Divides a layer; every layer gets an order of its own.</summary>
    /// <param name="layer">Number of the layer.</param>
    /// <param name="sizes">The parts.</param>
    /// <param name="seed">Any number.</param>
    public static LayerSplit Divide(int layer, PartSizes sizes, ulong seed) =>
        ContiguousSplit.Cut(layer, sizes, Shuffle.Order(sizes.PaddedWidth, seed, layer));
}

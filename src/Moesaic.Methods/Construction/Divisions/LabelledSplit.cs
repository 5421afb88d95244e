namespace Moesaic.Methods.Construction.Divisions;

/// <summary>From a label per neuron to the parts of a layer.</summary>
static class LabelledSplit
{
    /// <summary>Collects the neurons of each expert and fills up experts that are one short with neurons of zeros.</summary>
    /// <param name="layer">Number of the layer.</param>
    /// <param name="sizes">The parts.</param>
    /// <param name="shared">Neurons of the shared experts.</param>
    /// <param name="labels">[F] the expert of each neuron; −1 for shared ones. No expert has more than <see cref="PartSizes.Part"/>.</param>
    public static LayerSplit Of(int layer, PartSizes sizes, int[] shared, ReadOnlySpan<int> labels)
    {
        var experts = Enumerable.Range(0, sizes.Experts).Select(_ => new List<int>(sizes.Part)).ToArray();
        for (var j = 0; j < labels.Length; j++)
            if (labels[j] >= 0) experts[labels[j]].Add(j);
        var padding = sizes.Width;
        foreach (var expert in experts)
            while (expert.Count < sizes.Part && padding < sizes.PaddedWidth) expert.Add(padding++);
        return new LayerSplit
        {
            Layer = layer,
            Width = sizes.Width,
            PaddedWidth = sizes.PaddedWidth,
            Shared = shared,
            Experts = [.. experts.Select(e => e.ToArray())],
        };
    }
}

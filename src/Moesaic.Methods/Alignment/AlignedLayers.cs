using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Alignment;

/// <summary>A model with what <see cref="DistributionAlignment"/> found folded into its weights, layer by layer.</summary>
/// <param name="source">Before; stays the caller's.</param>
/// <param name="shape">Its shape, or that of <see cref="DistributionAlignment.WithBiases"/>.</param>
/// <param name="changes">What is done to which module.</param>
sealed class AlignedLayers(ModelPieces source, ModelSpec shape, IReadOnlyList<AlignedLayer> changes) : ModelPieces
{
    readonly ILookup<int, AlignedLayer> ofLayer = changes.ToLookup(c => c.Layer);

    public override ModelSpec Spec => shape;

    public override Model Layer(int layer)
    {
        using var before = source.Layer(layer);
        var model = ModelCopy.InShape(before, shape with { Layers = [shape.Layers[layer]] });
        foreach (var change in ofLayer[layer]) DistributionAlignment.Apply(model, 0, change);
        return model;
    }

    public override Model Embedding() => source.Embedding();

    public override Model Head() => source.Head();
}

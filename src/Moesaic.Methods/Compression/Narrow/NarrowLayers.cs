using Moesaic.Methods.Construction;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Compression.Narrow;

/// <summary>A dense model with some of its neurons, layer by layer.</summary>
/// <param name="dense">The source; stays the caller's.</param>
/// <param name="kept">Per layer the neurons that stay; as many in each.</param>
sealed class NarrowLayers(ModelPieces dense, IReadOnlyList<int[]> kept) : ModelPieces
{
    public override ModelSpec Spec { get; } = NarrowPlan.Shape(dense.Spec, kept[0].Length);

    public override Model Layer(int layer)
    {
        using var source = dense.Layer(layer);
        var narrow = ModelCopy.InShape(source, Spec with { Layers = [Spec.Layers[layer]] });
        var (wide, slim) = ((DenseFeedForward)source.Blocks[0].FeedForward, (DenseFeedForward)narrow.Blocks[0].FeedForward);
        Split.Take(kept[layer], wide, slim.Gate.Dense, slim.Up.Dense, slim.Down.Dense);
        return narrow;
    }

    public override Model Embedding() => dense.Embedding();

    public override Model Head() => dense.Head();
}

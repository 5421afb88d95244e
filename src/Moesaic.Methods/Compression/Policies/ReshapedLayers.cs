using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Compression.Policies;

/// <summary>A model whose routers decide otherwise, and whose parameters are the same.</summary>
/// <param name="source">Not owned.</param>
/// <param name="shape">With the same parameters.</param>
sealed class ReshapedLayers(ModelPieces source, ModelSpec shape) : ModelPieces
{
    public override ModelSpec Spec => shape;

    public override Model Embedding() => source.Embedding();

    public override Model Head() => source.Head();

    public override Model Layer(int layer) => source.Layer(layer);
}

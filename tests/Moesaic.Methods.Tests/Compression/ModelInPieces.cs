using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Tests.Compression;

/// <summary>A model in memory, handed out layer by layer.</summary>
sealed class ModelInPieces(Model model) : ModelPieces
{
    public override ModelSpec Spec => model.Spec;

    public override Model Embedding() => Copy(Spec with { Layers = [] }, 0);

    public override Model Head() => Copy(Spec with { Layers = [] }, 0);

    public override Model Layer(int layer) => Copy(Spec with { Layers = [Spec.Layers[layer]] }, layer);

    Model Copy(ModelSpec shape, int layer)
    {
        var piece = new Model(shape);
        foreach (var p in piece.Parameters)
            model[p.Name.Replace("layers.0.", $"layers.{layer}.", StringComparison.Ordinal)].Span.CopyTo(p.Value.Span);
        return piece;
    }
}

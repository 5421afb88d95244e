using Moesaic.Methods.Calibration;
using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Construction.Plans;

/// <summary>The dense model that is divided, whole in memory or one layer at a time.</summary>
/// <param name="Layers">Its layers.</param>
/// <param name="Mixture">The mixture that a plan makes of it, to be disposed.</param>
/// <param name="Folder">Where temporary files may be put; null: nowhere.</param>
sealed record SplitSource(ModelLayers Layers, Func<SplitPlan, ModelLayers> Mixture, string? Folder) : IDisposable
{
    /// <summary>A model in memory, which stays the caller's.</summary>
    public static SplitSource Of(Model dense) =>
        new(ModelLayers.Of(dense), plan => ModelLayers.Of(Split.Apply(dense, plan), owned: true), null);

    /// <summary>A model in pieces.</summary>
    /// <param name="dense">Stays the caller's.</param>
    /// <param name="folder">For temporary files.</param>
    public static SplitSource Of(ModelPieces dense, string? folder) =>
        new(ModelLayers.Of(dense, owned: false), plan => ModelLayers.Of(new SplitLayers(dense, plan), owned: true), folder);

    /// <summary>Frees the piece that is in memory.</summary>
    public void Dispose() => Layers.Dispose();
}

using Moesaic.Models;
using Moesaic.Models.Experts;

namespace Moesaic.Inference;

/// <summary>Watches the routers of a model's feed-forwards at work.</summary>
sealed class ExpertWatch
{
    readonly List<LayerWatch> layers = [];

    public ExpertWatch(ModelSpec spec)
    {
        for (var l = 0; l < spec.Layers.Count; l++)
            if (spec.Layers[l].FeedForward is MixtureSpec mixture) layers.Add(new LayerWatch(l, mixture.Router.Experts, Wanted));
        Statistics = [.. layers.Select((watch, i) => new RoutingStatistics(watch.Load().Slots.Count) { Observer = watch })];
    }

    /// <summary>Rows of the next pass whose routing is to be kept.</summary>
    public List<int> Wanted { get; } = [];

    /// <summary>For <see cref="PassInput.Statistics"/>.</summary>
    public IReadOnlyList<RoutingStatistics> Statistics { get; }

    public IReadOnlyList<ExpertLoad> Load() => [.. layers.Select(layer => layer.Load())];

    /// <summary>The wanted row of that number of the last pass, layer by layer.</summary>
    public IReadOnlyList<LayerRouting> Of(int number) => [.. layers.Select(layer => layer.Of(number))];
}

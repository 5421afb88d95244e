using Moesaic.Formats;

namespace Moesaic.Models;

/// <summary>
/// What stays of a model when experts, feed-forwards or whole layers are taken out: data alone, the same for a checkpoint that is
/// written anew, a model that is read in part, and blocks that are copied as they are stored.
/// </summary>
/// <param name="Layers">The layers that stay, rising by <see cref="LayerSelection.Layer"/>; a layer that is not listed goes as a whole (Block Drop).</param>
public sealed record ExpertSelection(IReadOnlyList<LayerSelection> Layers)
{
    /// <summary>Everything stays.</summary>
    /// <param name="spec">Of the model.</param>
    public static ExpertSelection All(ModelSpec spec) => new([.. spec.Layers.Select((_, l) => new LayerSelection(l))]);

    /// <summary>The shape of what stays.</summary>
    /// <param name="spec">Of the model that is selected from.</param>
    /// <exception cref="BadRequestException">
    /// A layer or an expert is not there or named twice, fewer experts stay than a token gets, groups of experts become uneven, or the
    /// router cannot do without some of its experts; the message says what to do.
    /// </exception>
    public ModelSpec Shape(ModelSpec spec)
    {
        if (Layers.Count == 0) throw new BadRequestException("No layer is left by the selection; a model needs one.");
        for (var i = 0; i < Layers.Count; i++)
        {
            if (Layers[i].Layer < 0 || Layers[i].Layer >= spec.Layers.Count)
                throw new BadRequestException($"Layer {Layers[i].Layer} cannot be kept: the model has layers 0 to {spec.Layers.Count - 1}.");
            if (i > 0 && Layers[i].Layer <= Layers[i - 1].Layer)
                throw new BadRequestException($"The kept layers must rise: layer {Layers[i].Layer} comes after layer {Layers[i - 1].Layer}.");
        }
        var shape = spec with { Layers = [.. Layers.Select(kept => kept.Shape(spec.Layers[kept.Layer]))] };
        return shape.Routers.Any(r => r.Router.Key == RouterKey.Task) ? shape : shape with { Tasks = [] };
    }

    /// <inheritdoc/>
    public bool Equals(ExpertSelection? other) => other is not null && Layers.SequenceEqual(other.Layers);

    /// <inheritdoc/>
    public override int GetHashCode() => Layers.Count;
}

/// <summary>What stays of a layer.</summary>
/// <param name="Layer">Its number in the model that is selected from.</param>
public sealed record LayerSelection(int Layer)
{
    /// <summary>
    /// The routed experts of the feed-forward that stay, in their new order, by their numbers in the model that is selected from; null: all
    /// as they are. Groups of experts stay in their order, and the experts of a group in the given one.
    /// </summary>
    public IReadOnlyList<int>? Experts { get; init; }

    /// <summary>
    /// Whether the router keeps everything of the experts that go, and goes on choosing them, in vain: every expert then keeps its number and the
    /// order of <see cref="Experts"/> means nothing (the preserved gate of Expert Drop, He et al. 2024). Default: no.
    /// </summary>
    public bool KeepsRouter { get; init; }

    /// <summary>Whether the feed-forward and its norm go (Layer Drop, He et al. 2024). Default: no.</summary>
    public bool DropsFeedForward { get; init; }

    /// <summary>The shape of what stays; see <see cref="ExpertSelection.Shape"/>.</summary>
    internal LayerSpec Shape(LayerSpec layer)
    {
        if (DropsFeedForward)
            return Experts is null ? layer with { FeedForward = new AbsentSpec() }
                : throw new BadRequestException($"Layer {Layer}: experts are kept of a feed-forward that goes; say one of the two.");
        return Experts is null ? layer
            : layer.FeedForward is MixtureSpec mixture ? layer with { FeedForward = SelectedExperts.Shape(mixture, this) }
            : throw new BadRequestException($"Layer {Layer} has no experts of which some could be kept.");
    }

    /// <inheritdoc/>
    public bool Equals(LayerSelection? other) => other is not null && Layer == other.Layer && KeepsRouter == other.KeepsRouter
        && DropsFeedForward == other.DropsFeedForward && (Experts is null) == (other.Experts is null) && (Experts is null || Experts.SequenceEqual(other.Experts!));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Layer, KeepsRouter, DropsFeedForward, Experts?.Count);
}

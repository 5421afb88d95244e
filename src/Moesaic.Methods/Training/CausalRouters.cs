using Moesaic.Formats;
using Moesaic.Models;

namespace Moesaic.Methods.Training;

/// <summary>A decoder whose routers look at later tokens is told what it should predict: only where that is asked for by name.</summary>
static class CausalRouters
{
    /// <summary>Refuses routers that are not causal.</summary>
    /// <param name="spec">The model's shape.</param>
    /// <param name="allowed">Whether they were asked for.</param>
    /// <param name="training">Whether they decide as in training; evaluation comes with it.</param>
    /// <exception cref="BadRequestException">One looks ahead, and that was not asked for.</exception>
    public static void Check(ModelSpec spec, bool allowed, bool training)
    {
        if (!allowed && (First(spec) ?? (training ? First(spec, r => r.InTraining()) : null)) is { } found)
            throw new BadRequestException(
                $"The router of layer {found.Layer} is not causal: it looks at {found.Company}, so at later tokens or other sequences. The loss of a decoder then "
                + "shows the router what is to be predicted. Set allow_non_causal: true to do so all the same, or give places by position within a sequence.");
    }

    /// <summary>What a report says of a model whose routers are not causal; nothing for others.</summary>
    public static IEnumerable<string> Note(ModelSpec spec)
    {
        if (First(spec) is { } found)
            yield return $"not causal: the router of layer {found.Layer} looks at {found.Company}; the loss is no measure of what the model can generate";
    }

    static (int Layer, string Company)? First(ModelSpec spec, Func<RouterSpec, RouterSpec>? variant = null)
    {
        foreach (var (layer, router) in spec.Routers)
            if ((variant?.Invoke(router) ?? router) is { Causal: false, LooksAt: { } company }) return (layer, company);
        return null;
    }
}

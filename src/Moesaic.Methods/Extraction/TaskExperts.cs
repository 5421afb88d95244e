using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Methods.Extraction;

/// <summary>An expert that a task uses.</summary>
/// <param name="Expert">Its number in its layer.</param>
/// <param name="Weight">What its output is multiplied by, the router's scale included.</param>
readonly record struct TaskExpert(int Expert, float Weight);

/// <summary>
/// The experts that a layer's router gives to every token of a task (Kudugunta et al. 2021): it decides by the task alone, so that the
/// decision is known before any text is.
/// </summary>
static class TaskExperts
{
    /// <summary>Refuses what one task's part cannot be cut out of.</summary>
    /// <param name="spec">The model.</param>
    /// <param name="form">What the experts are to become.</param>
    /// <exception cref="BadModelException">No router decides by task, or a layer's result is more than a weighted sum of fixed experts.</exception>
    public static void Check(ModelSpec spec, ExtractForm form)
    {
        if (!spec.Layers.Any(RoutesByTask))
            throw new BadModelException("No router of this model decides by task, so no task has experts of its own to extract. "
                + "Train one whose routers have the key task.");
        for (var l = 0; l < spec.Layers.Count; l++)
            if (WhyNot(spec.Layers[l], form) is { } reason) throw new BadModelException($"Layer {l}: {reason}");
    }

    /// <summary>Whether the experts of a layer's feed-forward are chosen by task.</summary>
    public static bool RoutesByTask(LayerSpec layer) => layer.FeedForward is MixtureSpec { Router.Key: RouterKey.Task };

    static string? WhyNot(LayerSpec layer, ExtractForm form)
    {
        if (layer.Attention.Experts is { Router.Key: RouterKey.Task })
            return "its attention chooses experts by task too, which have no dense form; only those of feed-forwards can be extracted.";
        if (!RoutesByTask(layer)) return null;
        var mixture = (MixtureSpec)layer.FeedForward;
        if (mixture.Router.Dependence != RouterDependence.Token)
            return "its router looks at other tokens beside the task (a capacity or its selection), so that no experts are the task's.";
        if (mixture.Router.PassThrough)
            return "its router mixes the token's own input into the result, which is more than a sum of experts.";
        if (form == ExtractForm.Experts) return null;
        return mixture.ExpertBias || mixture.Clamp is not null ? "its experts have biases or cut off large values, which no dense feed-forward has; extract them as: experts."
            : mixture.SharedGate != SharedGate.None ? "its shared expert has a gate that depends on the token, which no dense feed-forward has; extract as: experts."
            : null;
    }

    /// <summary>What the router of a layer chooses.</summary>
    /// <param name="mixture">Routes by task.</param>
    /// <param name="width">Model width, D.</param>
    /// <param name="task">Number of the task.</param>
    /// <returns>In the order in which the router combines them.</returns>
    public static TaskExpert[] Of(MixtureFeedForward mixture, int width, int task)
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        using var any = new Tensor(1, width);       // not looked at
        var routing = mixture.Router.Route(workspace, any, new PassInput
        {
            Tokens = new[] { 0 }, Positions = new[] { 0 }, Segments = new[] { new AttentionSegment(0, 1, 0, 1) }, Tasks = new[] { task },
        }, statistics: null);
        var chosen = new List<TaskExpert>();
        for (var j = 0; j < routing.Weights.Columns; j++)
            if (routing.Chosen.Span[j] is >= 0 and var expert) chosen.Add(new(expert, routing.Weights.Row(0)[j]));
        // Without any (ReLU, thresholds) the layer adds nothing, which is what one expert of weight 0 adds.
        return chosen.Count > 0 ? [.. chosen] : [new(0, 0)];
    }
}

using Moesaic.Formats;
using Moesaic.Models;

namespace Moesaic.Methods.Construction.Creation;

/// <summary>The shape of a new mixture, from that of a dense model.</summary>
public static class MixtureShape
{
    /// <summary>Replaces dense feed-forwards of a shape by mixtures.</summary>
    /// <param name="dense">Every layer that becomes a mixture is dense.</param>
    /// <param name="options">What kind of mixture, and where.</param>
    /// <exception cref="BadRequestException">A layer is a mixture already or there is none, the router's settings contradict one another,
    /// or the active width cannot be divided among the experts of a token.</exception>
    public static ModelSpec Of(ModelSpec dense, MixtureOptions options)
    {
        try
        {
            options.CompleteRouter.Validate("mixture.router");
            var layers = dense.Layers.ToArray();
            foreach (var l in options.Placement().Of(layers.Length))
                layers[l] = layers[l] with { FeedForward = Layer(layers[l].FeedForward, l, options) };
            var spec = dense with { Layers = layers, Tasks = options.Tasks };
            TaskNames.Check(spec, "mixture.tasks");
            if (options.Router.Key == RouterKey.Task && options.Tasks.Count == 0)
                throw new BadRequestException("mixture: the router decides by task; list the names of the tasks in tasks.");
            return spec;
        }
        catch (BadModelException e)
        {
            throw new BadRequestException(e.Message, e);
        }
    }

    static MixtureSpec Layer(FeedForwardSpec feedForward, int number, MixtureOptions options)
    {
        if (feedForward is not DenseSpec dense)
            throw new BadRequestException($"layer {number} of config.json is a mixture already; leave mixture out, or give a dense shape.");
        var width = Width(dense.Width, options);
        return new MixtureSpec(options.CompleteRouter, [.. Enumerable.Repeat(width, options.Router.Experts)], options.SharedWidth ?? options.Shared * width)
        {
            SharedGate = options.SharedGate, Activation = options.Activation ?? dense.Activation,
        };
    }

    /// <summary>Inner width of one expert.</summary>
    /// <param name="dense">Width of the dense layer.</param>
    /// <param name="options">Settings.</param>
    /// <exception cref="BadRequestException">The active width cannot be divided.</exception>
    public static int Width(int dense, MixtureOptions options)
    {
        if (options.Width is { } width) return width;
        var (active, used) = (options.ActiveWidth ?? dense, options.Router.Chosen + options.Shared);
        var left = active - (options.SharedWidth ?? 0);
        return left % used == 0 && left >= used ? left / used
            : throw new BadRequestException($"mixture: an active width of {active}"
                + (options.SharedWidth is { } shared ? $", {shared} of it shared," : "")
                + $" cannot be divided among the {used} experts that a token uses ({options.Router.Chosen} chosen, {options.Shared} shared); "
                + $"set width, or an active_width that leaves a multiple of {used}.");
    }
}

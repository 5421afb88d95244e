using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Models.Experts;

namespace Moesaic.Methods.Construction.Plans;

/// <summary>Whether a plan fits a model: every neuron of a split layer in exactly one expert, unless the layer declares overlap, and numbers that make sense.</summary>
public static class SplitPlanCheck
{
    /// <summary>Checks a plan against the dense model it is to divide.</summary>
    /// <exception cref="BadRequestException">It does not fit; the message names layer, expert and neuron.</exception>
    public static void Validate(this SplitPlan plan, ModelSpec dense)
    {
        plan.Attention?.Validate(dense);
        if (plan.Layers.Count == 0 && plan.Attention is not { Layers.Count: > 0 }) throw new BadRequestException("The split plan divides no layer.");
        if (plan.Weight == CombineWeight.RenormalisedByLevel)
            throw new BadRequestException("split plan: weights renormalised by level need experts in groups, which a split does not make; "
                + "take renormalised, raw or one.");
        if (plan.Affinity is RouterAffinity.Sigmoid or RouterAffinity.Relu)
            throw new BadRequestException($"split plan: affinity {(plan.Affinity == RouterAffinity.Relu ? "relu" : "sigmoid")} is not supported: its weights of all experts do not sum to 1, "
                + "so that no scale makes the split equal the dense model; take softmax_before_selection or softmax_after_selection.");
        var last = -1;
        foreach (var layer in plan.Layers)
        {
            var where = $"split plan, layer {layer.Layer}";
            if (layer.Layer <= last || layer.Layer >= dense.Layers.Count)
                throw new BadRequestException($"{where}: layers must rise and lie in 0..{dense.Layers.Count - 1}; the one before is {last}.");
            last = layer.Layer;
            if (dense.Layers[layer.Layer].FeedForward is not DenseSpec { Width: var width })
                throw new BadRequestException($"{where}: this layer of the model is a mixture already; only dense layers can be split.");
            if (dense.Layers[layer.Layer].FeedForward is DenseSpec { Activation: not Activation.Swiglu and var activation })
                throw new BadRequestException($"{where}: this layer of the model has {activation} and no gate; only SwiGLU layers can be split.");
            if (width != layer.Width)
                throw new BadRequestException($"{where}: the plan is for a width of {layer.Width}, the model's is {width}: it was made for another model.");
            CheckNeurons(layer, where);
            CheckRouter(plan, layer, dense.Width, where);
        }
    }

    static void CheckNeurons(LayerSplit layer, string where)
    {
        if (layer.PaddedWidth < layer.Width)
            throw new BadRequestException($"{where}: padded_width {layer.PaddedWidth} is less than the width {layer.Width}.");
        var owner = new string?[layer.PaddedWidth];
        Claim(layer.Shared, "the shared expert");
        for (var e = 0; e < layer.Experts.Length; e++)
        {
            if (layer.Experts[e].Length == 0) throw new BadRequestException($"{where}: expert {e} has no neurons.");
            Claim(layer.Experts[e], $"expert {e}");
        }
        if (!layer.Overlapping && Array.IndexOf(owner, null) is >= 0 and var left)
            throw new BadRequestException($"{where}: {owner.Count(o => o is null)} neurons are in no expert, the first is {left}. " +
                "Every neuron needs a place, unless the layer is declared overlapping.");

        void Claim(int[] neurons, string name)
        {
            foreach (var neuron in neurons)
            {
                if ((uint)neuron >= (uint)owner.Length)
                    throw new BadRequestException($"{where}: neuron {neuron} of {name} is not in 0..{owner.Length - 1}.");
                if (owner[neuron] is { } other && (!layer.Overlapping || other == name))
                    throw new BadRequestException($"{where}: neuron {neuron} is in {other} and in {name}; it may be in one only.");
                owner[neuron] = name;
            }
        }
    }

    static void CheckRouter(SplitPlan plan, LayerSplit layer, int width, string where)
    {
        if (plan.Chosen < 1 || plan.Chosen > layer.Experts.Length)
            throw new BadRequestException($"{where}: {plan.Chosen} experts per token of {layer.Experts.Length}; need 1 to {layer.Experts.Length}.");
        if (!float.IsFinite(layer.Scale) || layer.Scale <= 0)
            throw new BadRequestException($"{where}: the scale is {layer.Scale}; need a positive number.");
        if (layer.Router is null) return;
        var bytes = RouterScores.Parameters(plan.RouterOf(layer), width) * sizeof(float);
        if (layer.Router.Length != bytes)
            throw new BadRequestException($"{where}: the router has {layer.Router.Length} bytes; the {plan.Score.ToString().ToLowerInvariant()} score of " +
                $"{layer.Experts.Length} experts for width {width} has {bytes} in float32.");
        foreach (var value in layer.RouterRows)
            if (!float.IsFinite(value)) throw new BadRequestException($"{where}: the router has a weight that is no finite number.");
    }
}

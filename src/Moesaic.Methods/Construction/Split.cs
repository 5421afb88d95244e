using Moesaic.Formats;
using Moesaic.Methods.Construction.Heads;
using Moesaic.Methods.Construction.Plans;
using Moesaic.Methods.Construction.Routers;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Methods.Construction;

/// <summary>Plan times weights: makes the mixture that a plan describes.</summary>
public static class Split
{
    /// <summary>The shape of the mixture.</summary>
    /// <param name="dense">The source's shape.</param>
    /// <param name="plan">Checked against it.</param>
    /// <exception cref="BadRequestException">The plan does not fit.</exception>
    public static ModelSpec Shape(ModelSpec dense, SplitPlan plan)
    {
        plan.Validate(dense);
        var layers = dense.Layers.ToArray();
        foreach (var split in plan.Layers)
        {
            layers[split.Layer] = layers[split.Layer] with
            {
                FeedForward = new MixtureSpec(plan.RouterOf(split), [.. split.Experts.Select(e => e.Length)], split.Shared.Length),
            };
        }
        foreach (var split in plan.Attention?.Layers ?? [])
            layers[split.Layer] = layers[split.Layer] with { Attention = plan.Attention!.SpecOf(split, layers[split.Layer].Attention) };
        return dense with { Layers = layers };
    }

    /// <summary>Builds the mixture; what is not split is copied.</summary>
    /// <param name="dense">Not changed.</param>
    /// <param name="plan">Which neuron goes where.</param>
    /// <returns>A model with memory of its own.</returns>
    public static Model Apply(Model dense, SplitPlan plan) => Apply(dense, plan, firstLayer: 0);

    /// <summary>Builds the mixture of a part of a model.</summary>
    /// <param name="dense">Some layers; what is absent stays so.</param>
    /// <param name="plan">Its numbers of layers count from the first one of the part.</param>
    /// <param name="firstLayer">Number of the first layer in the whole: random routers depend on it.</param>
    internal static Model Apply(Model dense, SplitPlan plan, int firstLayer)
    {
        var sources = dense.Parameters.ToDictionary(p => p.Name, p => p.Matrix, StringComparer.Ordinal);
        // Attention that becomes experts may have copies of heads; its own projections are filled below.
        var mixture = ModelCopy.InShape(dense, Shape(dense.Spec, plan));
        foreach (var split in plan.Layers)
        {
            var from = (DenseFeedForward)dense.Blocks[split.Layer].FeedForward;
            var to = (MixtureFeedForward)mixture.Blocks[split.Layer].FeedForward;
            if (to.Shared is { } shared) Take(split.Shared, from, shared.Gate.Dense, shared.Up.Dense, shared.Down.Dense);
            for (var e = 0; e < split.Experts.Length; e++)
                Take(split.Experts[e], from, to.Experts.Gates[e].Dense, to.Experts.Ups[e].Dense, to.Experts.Downs[e].Dense);
            RouterInit.Fill([.. to.Router.Score.Matrices.Select(m => m.Dense)], split with { Layer = firstLayer + split.Layer }, plan.Seed);
        }
        foreach (var split in plan.Attention?.Layers ?? [])
            AttentionCut.Fill((ExpertAttention)mixture.Blocks[split.Layer].Attention,
                name => sources[$"model.layers.{split.Layer}.self_attn.{name}.weight"].Dense, split with { Layer = firstLayer + split.Layer }, plan.Seed);
        return mixture;
    }

    // The target starts as zeros, and so padding neurons stay.
    internal static void Take(int[] neurons, DenseFeedForward from, Tensor gate, Tensor up, Tensor down)
    {
        for (var i = 0; i < neurons.Length; i++)
        {
            if (neurons[i] >= from.Gate.Rows) continue;
            from.Gate.Dense.Row(neurons[i]).CopyTo(gate.Row(i));
            from.Up.Dense.Row(neurons[i]).CopyTo(up.Row(i));
        }
        for (var d = 0; d < down.Rows; d++)
        {
            var source = from.Down.Dense.Row(d);
            var target = down.Row(d);
            for (var i = 0; i < neurons.Length; i++)
                if (neurons[i] < source.Length) target[i] = source[neurons[i]];
        }
    }
}

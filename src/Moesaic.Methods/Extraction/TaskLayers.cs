using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Models.Loading;
using Moesaic.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Moesaic.Methods.Extraction;

/// <summary>What one task uses of a model, layer by layer. Layers that do not route by task stay as they are.</summary>
sealed class TaskLayers : ModelPieces
{
    readonly ModelPieces source;
    readonly ExtractForm form;

    /// <param name="source">Passed <see cref="TaskExperts.Check"/>; stays the caller's.</param>
    /// <param name="task">Number of the task.</param>
    /// <param name="form">What its experts become.</param>
    public TaskLayers(ModelPieces source, int task, ExtractForm form)
    {
        (this.source, this.form) = (source, form);
        Chosen = [.. source.Spec.Layers.Select((layer, l) => TaskExperts.RoutesByTask(layer) ? Choose(l) : null)];
        Spec = Shape(source.Spec, Chosen, form);

        TaskExpert[] Choose(int layer)
        {
            using var piece = source.Layer(layer);
            return TaskExperts.Of(piece.Mixtures.Single(), source.Spec.Width, task);
        }
    }

    /// <summary>Per layer the experts of the task; null where the layer does not route by task.</summary>
    public IReadOnlyList<TaskExpert[]?> Chosen { get; }

    public override ModelSpec Spec { get; }

    /// <summary>The shape of what is extracted.</summary>
    /// <param name="whole">The model.</param>
    /// <param name="chosen">Per layer the experts, or null.</param>
    /// <param name="form">What they become.</param>
    public static ModelSpec Shape(ModelSpec whole, IReadOnlyList<TaskExpert[]?> chosen, ExtractForm form) => whole with
    {
        Tasks = [],
        Layers = [.. whole.Layers.Select((layer, l) => chosen[l] is not { } experts ? layer : layer with { FeedForward = Shape((MixtureSpec)layer.FeedForward, experts, form) })],
    };

    static FeedForwardSpec Shape(MixtureSpec mixture, TaskExpert[] experts, ExtractForm form)
    {
        int[] widths = [.. experts.Select(e => mixture.ExpertWidths[e.Expert])];
        return form == ExtractForm.Dense ? new DenseSpec(widths.Sum() + mixture.SharedWidth) { Activation = mixture.Activation }
            : mixture with { Router = new RouterSpec { Experts = widths.Length, Chosen = widths.Length }, ExpertWidths = widths };
    }

    public override Model Layer(int layer)
    {
        var whole = source.Layer(layer);
        if (Chosen[layer] is not { } experts) return whole;
        using (whole)
        {
            var part = ModelCopy.InShape(whole, Spec with { Layers = [Spec.Layers[layer]] });
            var mixture = (MixtureFeedForward)whole.Blocks[0].FeedForward;
            if (part.Blocks[0].FeedForward is DenseFeedForward dense) Join(mixture, experts, dense);
            else Pick(mixture, experts, (MixtureFeedForward)part.Blocks[0].FeedForward);
            return part;
        }
    }

    public override Model Embedding() => source.Embedding();

    public override Model Head() => source.Head();

    // Σ w (down · inner) is one product: neurons side by side, each with its expert's weight in its column of down.
    static void Join(MixtureFeedForward mixture, TaskExpert[] experts, DenseFeedForward dense)
    {
        var gated = dense.Activation == Activation.Swiglu;
        var at = 0;
        foreach (var (e, weight) in experts)
            Append(gated ? mixture.Experts.Gates[e] : null, mixture.Experts.Ups[e], mixture.Experts.Downs[e], weight);
        if (mixture.Shared is { } shared) Append(gated ? shared.Gate : null, shared.Up, shared.Down, 1);

        void Append(WeightMatrix? gate, WeightMatrix up, WeightMatrix down, float weight)
        {
            gate?.Dense.Span.CopyTo(dense.Gate.Dense.Span[(at * up.Columns)..]);
            up.Dense.Span.CopyTo(dense.Up.Dense.Span[(at * up.Columns)..]);
            for (var row = 0; row < down.Rows; row++)
                TensorPrimitives.Multiply(down.Dense.Row(row), weight, dense.Down.Dense.Row(row).Slice(at, down.Columns));
            at += up.Rows;
        }
    }

    // A router of zeros chooses all of them with the weight 1 / n.
    static void Pick(MixtureFeedForward mixture, TaskExpert[] experts, MixtureFeedForward part)
    {
        part.Router.Weight.Dense.Span.Clear();
        var gated = mixture.Experts.Gates.Count > 0;
        for (var i = 0; i < experts.Length; i++)
        {
            var (e, weight) = (experts[i].Expert, experts[i].Weight * experts.Length);
            if (gated) Copy(mixture.Experts.Gates[e].Dense, part.Experts.Gates[i].Dense);
            Copy(mixture.Experts.Ups[e].Dense, part.Experts.Ups[i].Dense);
            TensorPrimitives.Multiply(mixture.Experts.Downs[e].Dense.Span, weight, part.Experts.Downs[i].Dense.Span);
            if (mixture.Experts.Biases is not { } from || part.Experts.Biases is not { } to) continue;
            if (gated) Copy(from.Gates[e], to.Gates[i]);
            Copy(from.Ups[e], to.Ups[i]);
            TensorPrimitives.Multiply(from.Downs[e].Span, weight, to.Downs[i].Span);
        }
    }

    static void Copy(Tensor from, Tensor to) => from.Span.CopyTo(to.Span);
}

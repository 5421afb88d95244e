using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Bench.Layers;

/// <summary>A mixture, the dense layer of equal active width, and passes forward and backward through them with the same tokens.</summary>
sealed class LayerSubject : IDisposable
{
    readonly Model dense, mixture;
    readonly Workspace workspace = new();
    readonly Tensor x, dy;
    readonly PassInput input;

    public LayerSubject(MixtureShape shape)
    {
        dense = Layer(shape, new DenseSpec(shape.Active), 1);
        mixture = Layer(shape,
            new MixtureSpec(new RouterSpec { Experts = shape.Experts, Chosen = shape.Chosen }, [.. Enumerable.Repeat(shape.ExpertWidth, shape.Experts)]), 2);
        x = Random(shape.Tokens, shape.Width, 1, 3);
        dy = Random(shape.Tokens, shape.Width, 1, 4);
        x.NeedsGradient = true;
        input = PassInput.Sequence(new int[shape.Tokens]);
        LoadTarget.Set(x, Mixture.Router.Weight.Dense, shape);
    }

    MixtureFeedForward Mixture => (MixtureFeedForward)mixture.Blocks[0].FeedForward;

    /// <summary>The dense layer.</summary>
    public void Dense() => Pass(() => dense.Blocks[0].FeedForward.Forward(workspace, x, input, null));

    /// <summary>The whole mixture.</summary>
    public void Whole() => Pass(() => Mixture.Forward(workspace, x, input, null));

    /// <summary>Routing, dispatch and combine: the mixture with experts that return what they receive.</summary>
    public void Moving() => Pass(() =>
    {
        var routing = Mixture.Router.Route(workspace, x, input, null);
        var dispatch = Dispatch.Sort(workspace, routing.Chosen.Span, routing.Weights.Columns, Mixture.Router.Spec.Experts);
        return workspace.CombineRows(workspace.GatherRows(x, dispatch.Tokens), dispatch.Slots, routing.Weights);
    });

    /// <summary>Tokens of the idlest and of the busiest expert.</summary>
    public (int Least, int Most) Loads()
    {
        workspace.Begin(recording: false);
        var routing = Mixture.Router.Route(workspace, x, input, null);
        var load = new int[Mixture.Router.Spec.Experts];
        foreach (var e in routing.Chosen.Span) load[e]++;
        return (load.Min(), load.Max());
    }

    public void Dispose()
    {
        workspace.Dispose();
        dense.Dispose();
        mixture.Dispose();
        x.Dispose();
        dy.Dispose();
    }

    void Pass(Func<Tensor> forward)
    {
        workspace.Begin(recording: true);
        var y = forward();
        dy.Span.CopyTo(workspace.WrittenGradient(y, out _)!.Span);
        workspace.Backward();
        workspace.Reset();
    }

    static Model Layer(MixtureShape shape, FeedForwardSpec feedForward, int seed)
    {
        var model = new Model(new ModelSpec
        {
            VocabularySize = 8, Width = shape.Width, MaxPositions = 8, NormEpsilon = 1e-5f, Rope = new RopeConfig(10_000), TiedEmbeddings = true,
            Layers = [new LayerSpec(new AttentionSpec(1, 1, 16), feedForward)],
        }, (_, role, rows, columns) =>
            role is ParameterRole.FeedForward or ParameterRole.Experts or ParameterRole.Router
                ? Random(rows, columns, 1 / MathF.Sqrt(columns), seed++) : new Tensor(rows, columns));
        foreach (var parameter in model.Parameters) parameter.Value.NeedsGradient = true;
        return model;
    }

    static Tensor Random(int rows, int columns, float deviation, int seed)
    {
        var random = new Random(seed);
        var tensor = new Tensor(rows, columns);
        // The sum of two uniform numbers: nearly normal, and quick for billions of weights.
        var scale = deviation * MathF.Sqrt(6);
        foreach (ref var value in tensor.Span) value = (random.NextSingle() + random.NextSingle() - 1) * scale;
        return tensor;
    }
}

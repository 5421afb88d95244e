using Moesaic.Methods.Tests.Construction;
using Moesaic.Models;
using Moesaic.Tensors;

namespace Moesaic.Methods.Tests.Extraction;

/// <summary>A small model whose routers decide by one of three tasks.</summary>
static class TaskModel
{
    public static readonly string[] Names = ["code", "prose", "speech"];

    public static readonly RouterSpec Router = new() { Experts = 4, Chosen = 2, Key = RouterKey.Task, Keys = 3, KeyWidth = 6 };

    public static Model Make(MixtureSpec mixture, int vocabulary = TinyModel.Vocabulary)
    {
        using var dense = TinyModel.Dense(layers: 3);
        var layers = dense.Spec.Layers.ToArray();
        // A dense layer and one that routes by token stay what they are.
        layers[1] = layers[1] with { FeedForward = mixture };
        layers[2] = layers[2] with { FeedForward = new MixtureSpec(new RouterSpec { Experts = 3, Chosen = 2 }, [8, 8, 8]) };
        layers = [layers[0], layers[1], layers[2], layers[1]];
        var model = new Model(dense.Spec with { VocabularySize = vocabulary, Layers = layers, Tasks = Names });
        ModelInitialiser.Randomise(model, seed: 5, deviation: 0.4);
        return model;
    }

    public static float[] Logits(Model model, int[] tokens, int task)
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var input = PassInput.Sequence(tokens);
        if (task >= 0) input.Tasks = Enumerable.Repeat(task, tokens.Length).ToArray();
        return model.Logits(workspace, model.Hidden(workspace, input)).Span.ToArray();
    }
}

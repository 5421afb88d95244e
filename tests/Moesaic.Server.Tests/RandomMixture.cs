using Moesaic.Formats;
using Moesaic.Models;

namespace Moesaic.Server.Tests;

/// <summary>A small mixture of random weights with the vocabulary of the model that ships.</summary>
static class RandomMixture
{
    public static Model Make()
    {
        var attention = new AttentionSpec(4, 2, 8);
        var mixture = new MixtureSpec(new RouterSpec { Experts = 6, Chosen = 2 }, [24, 24, 24, 24, 24, 24]);
        var model = new Model(new ModelSpec
        {
            VocabularySize = 4096, Width = 32, MaxPositions = 256, NormEpsilon = 1e-5f, Rope = new RopeConfig(10_000), TiedEmbeddings = false,
            Layers = [new LayerSpec(attention, new DenseSpec(40)), new LayerSpec(attention, mixture), new LayerSpec(attention, mixture)],
        });
        ModelInitialiser.Randomise(model, seed: 5, deviation: 0.25);
        return model;
    }
}

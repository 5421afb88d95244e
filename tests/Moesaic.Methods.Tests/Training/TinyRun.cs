using Moesaic.Formats;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Training;

/// <summary>A run of milliseconds: two layers of 16, the second a mixture, on a chain of eight tokens.</summary>
static class TinyRun
{
    public const int Vocabulary = 8, Length = 16;

    public static readonly TrainingOptions Options = new() { Steps = 6, RowsPerPass = 2, LearningRate = 0.01f, WarmupSteps = 2 };

    public static ModelSpec Spec(int chosen = 2, CombineWeight weight = CombineWeight.Renormalised, int shared = 8) => new()
    {
        VocabularySize = Vocabulary,
        Width = 16,
        MaxPositions = 64,
        NormEpsilon = 1e-5f,
        Rope = new RopeConfig(10_000),
        TiedEmbeddings = false,
        Layers =
        [
            new(new AttentionSpec(2, 1, 8), new DenseSpec(24)),
            new(new AttentionSpec(2, 1, 8), new MixtureSpec(new RouterSpec { Experts = 4, Chosen = chosen, Weight = weight }, [12, 12, 12, 12], shared)),
        ],
    };

    public static Model Model(ModelSpec? spec = null)
    {
        var model = new Model(spec ?? Spec());
        ModelInitialiser.Randomise(model, seed: 1, deviation: 0.2);
        return model;
    }

    /// <summary>Each token is the one before plus 1 or plus 2, with equal chances: an entropy of ln 2 per token.</summary>
    public static PackedDataset Data(int samples = 40, int seed = 3)
    {
        var random = new Random(seed);
        return PackedDataset.Pack(Enumerable.Range(0, samples).Select(_ =>
        {
            var tokens = new int[random.Next(4, Length + 2)];
            tokens[0] = random.Next(Vocabulary);
            for (var i = 1; i < tokens.Length; i++) tokens[i] = (tokens[i - 1] + 1 + random.Next(2)) % Vocabulary;
            return new TokenizedSample(tokens, null);
        }), Length);
    }

    public static BatchStream Batches(int rows = 6, int padId = 0) => new(Data(), rows, seed: 5, padId);

    public static Trainer Trainer(Model model, TrainingOptions? options = null) => new(model, Batches(), options ?? Options);

    /// <summary>All parameters, bit by bit.</summary>
    public static int[] Bits(Model model) =>
        [.. model.Parameters.SelectMany(p => p.Value.Span.ToArray()).Select(BitConverter.SingleToInt32Bits)];

    /// <summary>Runs to the end.</summary>
    public static List<TrainingStep> Finish(Trainer trainer)
    {
        var steps = new List<TrainingStep>();
        while (!trainer.Finished) steps.Add(trainer.Advance());
        return steps;
    }
}

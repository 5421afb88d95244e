using Moesaic.Methods.Compression.Drops;
using Moesaic.Methods.Compression.Scores;
using Moesaic.Methods.Compression.Search;

namespace Moesaic.Methods.Compression;

/// <summary>From a recipe's word to the method.</summary>
static class Pruners
{
    /// <summary>The method that the options name.</summary>
    /// <param name="options">Of the step.</param>
    /// <param name="seed">Of the recipe.</param>
    public static IPruner Of(PruneStepOptions options, ulong seed) => options.Method switch
    {
        PruneMethod.Reap => Scored("reap", new Reap(), options),
        PruneMethod.Frequency => Scored("frequency", new Frequency(), options),
        PruneMethod.SoftCount => Scored("soft_count", new SoftCount(), options),
        PruneMethod.WeightedFrequency => Scored("weighted_frequency", new WeightedFrequency(), options),
        PruneMethod.ActivationNorm => Scored("activation_norm", new ActivationNorm(), options),
        PruneMethod.MeanActivationNorm => Scored("mean_activation_norm", new MeanActivationNorm(), options),
        PruneMethod.GatedActivationNorm => Scored("gated_activation_norm", new GatedActivationNorm(), options),
        PruneMethod.MeanOutputNorm => Scored("mean_output_norm", new MeanOutputNorm(), options),
        PruneMethod.Random => Scored("random", new RandomScore(seed), options),
        PruneMethod.Naee => new SearchPruner("naee", options),
        PruneMethod.NaeeProgressive => new SearchPruner("naee_progressive", options),
        PruneMethod.MoeI2 => new SearchPruner("moe_i2", options),
        PruneMethod.Eep => new EepPruner(options),
        PruneMethod.LayerDrop => new DropPruner(wholeLayers: false, options),
        PruneMethod.BlockDrop => new DropPruner(wholeLayers: true, options),
        _ => throw new ArgumentOutOfRangeException(nameof(options), options.Method, "unknown method"),
    };

    static ScorePruner Scored(string name, IExpertScore score, PruneStepOptions options) => new(name, score, options);
}

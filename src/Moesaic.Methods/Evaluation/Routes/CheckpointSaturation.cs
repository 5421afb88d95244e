using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Methods.Data;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Models.Loading;
using Moesaic.Text;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Evaluation.Routes;

/// <summary>
/// Router saturation (Muennighoff et al. 2024, OLMoE, 5.1) of an earlier checkpoint: of the choices that this model's routers make those that
/// the earlier ones make as well, Σₜ |E(t) ∩ E′(t)| / Σₜ |E(t)|, on the same tokens (<see cref="RoutingChoices.ShareOf"/>).
/// </summary>
/// <param name="Checkpoint">Its folder.</param>
/// <param name="Shares">One per router, 0 to 1, in the order of the report.</param>
/// <param name="Chance">What experts drawn at random would have: one per router, the earlier one's experts per token / E.</param>
sealed record CheckpointSaturation(string Checkpoint, IReadOnlyList<double> Shares, IReadOnlyList<double> Chance)
{
    /// <summary>Refuses a checkpoint whose routers are not those of the model.</summary>
    /// <param name="spec">The model.</param>
    /// <param name="folder">The checkpoint.</param>
    /// <exception cref="BadRequestException">It has other routers or another vocabulary.</exception>
    public static void Check(ModelSpec spec, string folder)
    {
        var other = ModelFolder.ReadSpec(folder);
        string mine = Routers(spec), theirs = Routers(other);
        if (mine != theirs)
            throw new BadRequestException($"{folder}: its routers are {theirs}, this model's {mine}: their choices do not compare. Take a checkpoint of the same model.");
        if (other.VocabularySize != spec.VocabularySize)
            throw new BadRequestException($"{folder}: its vocabulary is of {other.VocabularySize} tokens, this model's of {spec.VocabularySize}: they do not read "
                + "the same text. Take a checkpoint of the same model.");
    }

    /// <summary>Lets the checkpoint read the same text.</summary>
    /// <param name="folder">The checkpoint.</param>
    /// <param name="routers">Of the model, with their choices kept.</param>
    /// <param name="tokenizer">Of the model.</param>
    /// <param name="domains">The text.</param>
    /// <param name="asInTraining">As the model read it.</param>
    /// <param name="context">The step.</param>
    public static CheckpointSaturation Measure(string folder, IReadOnlyList<RouterRoutes> routers, ITokenizer tokenizer,
        IReadOnlyList<PackedDataset> domains, bool asInTraining, StepContext context)
    {
        ModelTokenizer.RequireSame(tokenizer, folder);
        using var loaded = ModelFolder.Load(folder, WeightStorage.Stored);
        Check(loaded.Model.Spec, folder);
        RoutingStatistics[] earlier = [.. routers.Select(r => new RoutingStatistics(r.Spec.Experts) { Choices = new RoutingChoices(r.Spec.Experts) })];
        using (var task = context.Progress.Begin($"read with {folder}", domains.Sum(d => d.Blocks), "blocks"))
            RoutesPass.Run(loaded.Model, domains, asInTraining, Of(false), Of(true), text: null, blocks => task.Report(blocks), context.Cancellation);
        return new(folder, [.. earlier.Zip(routers, (e, r) => e.Choices!.ShareOf(r.Statistics.Choices!))],
            [.. earlier.Select(e => e.PerToken / e.Experts)]);

        RoutingStatistics[] Of(bool attention) => [.. earlier.Where((_, i) => routers[i].OfAttention == attention)];
    }

    static string Routers(ModelSpec spec)
    {
        var layers = RouterList.Of(spec).Select(r => $"{RouterName.Of(r.Layer, r.OfAttention)}: {r.Router.Experts}").ToList();
        return layers.Count == 0 ? "none" : $"(layer: experts) {string.Join(", ", layers)}";
    }
}

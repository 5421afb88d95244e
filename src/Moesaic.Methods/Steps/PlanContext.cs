using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Models.Architectures;

namespace Moesaic.Methods.Steps;

/// <summary>What a step knows while the recipe is planned. No weights are read, nothing is written.</summary>
public sealed record PlanContext
{
    /// <summary>The model the step will receive, as it is on disk or as the steps before plan to write it.</summary>
    public required ModelOutline Model { get; init; }

    /// <summary>The recipe's seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Verbs of the steps before this one, in order.</summary>
    public IReadOnlyList<string> Earlier { get; init; } = [];

    /// <summary>Threads the step may use, 1 or more; for the estimate of time and memory only.</summary>
    public required int Threads { get; init; }

    /// <summary>Bytes of the weights that the step will receive; where a recipe begins without any, as they are stored most often.</summary>
    public long WeightBytes => Model.WeightBytes > 0 ? Model.WeightBytes : 2 * ParameterCounts.Of(Shape()).Total;

    /// <summary>Bytes of the weights of another shape, stored as those are.</summary>
    /// <param name="shape">The shape.</param>
    public long BytesOf(ModelSpec shape) => (long)(WeightBytes * ((double)ParameterCounts.Of(shape).Total / ParameterCounts.Of(Shape()).Total));

    /// <summary>The shape of the model the step will receive.</summary>
    /// <param name="context">Tokens that the step reads in one piece; 0: as many as the model takes.</param>
    /// <exception cref="BadModelException">Its config.json tells of no model that is known.</exception>
    /// <exception cref="BadRequestException">The model has fewer positions.</exception>
    public ModelSpec Shape(int context = 0)
    {
        var config = HfConfig.From(Model.Config);
        var spec = ArchitectureRegistry.Of(config).ReadSpec(config);
        return context <= spec.MaxPositions ? spec
            : throw new BadRequestException($"A context of {context} tokens is longer than the model's {spec.MaxPositions}.");
    }
}

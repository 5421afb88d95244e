using Moesaic.Methods.Compression.Plans;
using Moesaic.Models;

namespace Moesaic.Methods.Compression;

/// <summary>A method that decides which experts stay. It changes no weight.</summary>
public interface IPruner
{
    /// <summary>Whether it needs statistics or text.</summary>
    bool NeedsText { get; }

    /// <summary>Refuses a model or options that cannot be, from the shape alone and before anything costs time.</summary>
    /// <param name="spec">The model.</param>
    /// <exception cref="Moesaic.Formats.BadRequestException">It cannot be done.</exception>
    void Check(ModelSpec spec);

    /// <summary>What would stay as far as it can be told from the shape alone.</summary>
    /// <param name="spec">The model.</param>
    /// <param name="target">How many experts are to go.</param>
    /// <exception cref="Moesaic.Formats.BadRequestException">Not so many can go.</exception>
    ExpertSelection Expected(ModelSpec spec, PruneTarget target) => target.Expected(spec);

    /// <summary>Decides; the same for a seed whatever the number of threads.</summary>
    /// <param name="work">The model and all that is known of it.</param>
    PrunePlan Decide(PruneWork work);
}

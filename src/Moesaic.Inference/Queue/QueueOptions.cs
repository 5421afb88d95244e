using Moesaic.Formats;

namespace Moesaic.Inference;

/// <summary>Sizes of a <see cref="GenerationQueue"/>.</summary>
public sealed record QueueOptions
{
    /// <summary>Most requests that wait; one more is refused. 1 or more. Default 64.</summary>
    public int Capacity { get; init; } = 64;

    /// <summary>Most requests that are worked on together, room in the cache permitting. 1 or more. Default 16.</summary>
    public int Running { get; init; } = 16;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="BadRequestException">A value lies outside.</exception>
    public void Validate()
    {
        if (Capacity < 1) throw new BadRequestException($"A queue for {Capacity} requests was asked for; need 1 or more.");
        if (Running < 1) throw new BadRequestException($"{Running} requests were to run together; need 1 or more.");
    }
}

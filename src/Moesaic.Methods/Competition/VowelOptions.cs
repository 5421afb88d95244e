namespace Moesaic.Methods.Competition;

/// <summary>Settings of <see cref="VowelExperiment"/>.</summary>
public sealed record VowelOptions
{
    /// <summary>Vowels to tell apart, 2 to 10.</summary>
    public int Classes { get; init; } = 4;

    /// <summary>Speakers that are learned from, each with every vowel once; half as many others are tested on.</summary>
    public int Speakers { get; init; } = 50;

    /// <summary>Starts of every system: its initial weights differ, the vowels do not.</summary>
    public int Runs { get; init; } = 25;

    /// <summary>
    /// A run has learned when the squared error of the output, summed over classes and averaged over the vowels learned from, is no more.
    /// </summary>
    public double Criterion { get; init; } = 0.12;

    /// <summary>A run that has not learned by then counts as failed.</summary>
    public int MostEpochs { get; init; } = 1000;

    /// <summary>Of the speakers and the initial weights.</summary>
    public ulong Seed { get; init; } = 1;
}

namespace Moesaic.Methods.Competition.Nets;

/// <summary>
/// What can learn vowels. Parameters and gradients are the caller's; an instance keeps what it needs between the two halves of a pass, so
/// it serves one thread.
/// </summary>
interface IVowelNet
{
    /// <summary>Number of parameters.</summary>
    int Parameters { get; }

    /// <summary>The loss of one case; its gradient is added.</summary>
    double Learn(ReadOnlySpan<double> parameters, Vowel vowel, Span<double> gradient);

    /// <summary>What the net as a whole puts out, of the case it learned last.</summary>
    ReadOnlySpan<double> Output { get; }
}

namespace Moesaic.Formats;

/// <summary>How the rotary frequencies of a checkpoint are stretched.</summary>
public enum RopeScaling
{
    /// <summary>Not at all; also spelled "default".</summary>
    None,
    /// <summary>
    /// All frequencies divided by <see cref="RopeConfig.Factor"/> (position interpolation, arXiv:2306.15595).
    /// </summary>
    Linear,
    /// <summary>Low frequencies divided, high ones kept, smooth between (Llama 3.1).</summary>
    Llama3,
}

/// <summary>Rotary position embedding as config.json describes it.</summary>
/// <param name="Theta">The base of the frequencies: dimension pair i of d turns by theta^(-2i/d) a position.</param>
/// <param name="Scaling">Which of the parameters below mean anything.</param>
/// <param name="Factor">Linear and llama3: the divisor, at least 1.</param>
/// <param name="LowFrequencyFactor">llama3: wavelengths above original context / this are divided.</param>
/// <param name="HighFrequencyFactor">llama3: wavelengths below original context / this are kept.</param>
/// <param name="OriginalContext">llama3: the context length in tokens before stretching.</param>
public sealed record RopeConfig(
    double Theta,
    RopeScaling Scaling = RopeScaling.None,
    double Factor = 1,
    double LowFrequencyFactor = 1,
    double HighFrequencyFactor = 4,
    int OriginalContext = 0);

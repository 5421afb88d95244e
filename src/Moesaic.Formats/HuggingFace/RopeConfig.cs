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
    /// <summary>
    /// High frequencies kept, low ones divided, a ramp between, and a factor on the attention's temperature (YaRN,
    /// arXiv:2309.00071, section 3).
    /// </summary>
    Yarn,
}

/// <summary>Rotary position embedding as config.json describes it.</summary>
/// <param name="Theta">The base of the frequencies: dimension pair i of d turns by theta^(-2i/d) a position.</param>
/// <param name="Scaling">Which of the parameters below mean anything.</param>
/// <param name="Factor">Linear, llama3 and yarn: the divisor, at least 1.</param>
/// <param name="LowFrequencyFactor">llama3: wavelengths above original context / this are divided.</param>
/// <param name="HighFrequencyFactor">llama3: wavelengths below original context / this are kept.</param>
/// <param name="OriginalContext">llama3 and yarn: the context length in tokens before stretching.</param>
public sealed record RopeConfig(
    double Theta,
    RopeScaling Scaling = RopeScaling.None,
    double Factor = 1,
    double LowFrequencyFactor = 1,
    double HighFrequencyFactor = 4,
    int OriginalContext = 0)
{
    /// <summary>yarn: pairs that turn more often than this within the original context are kept. Default 32.</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>yarn: pairs that turn less often than this are divided. Default 1.</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>yarn: whether the ends of the ramp are rounded outwards to whole pairs. Default true.</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>yarn: the factor on cosine and sine as the file gives it; null when it follows from the others.</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>yarn: weight of the logarithm in the numerator of the factor on cosine and sine; 0 when absent.</summary>
    public double MScale { get; init; }

    /// <summary>yarn: the same in the denominator, and in DeepSeek's factor on all of a head; 0 when absent.</summary>
    public double MScaleAllDim { get; init; }

    /// <summary>What cosine and sine are multiplied by.</summary>
    public double Gain => Scaling != RopeScaling.Yarn ? 1
        : AttentionFactor ?? (MScale != 0 && MScaleAllDim != 0 ? Stretch(MScale) / Stretch(MScaleAllDim) : Stretch(1));

    /// <summary>0.1 · weight · ln(factor) + 1 (arXiv:2309.00071, section 3.4), weighed as DeepSeek does.</summary>
    public double Stretch(double weight) => Factor <= 1 ? 1 : (0.1 * weight * Math.Log(Factor)) + 1;
}

namespace Moesaic.Methods.Calibration;

/// <summary>What the router and the experts of a mixture did on calibration text.</summary>
/// <param name="experts">E.</param>
/// <param name="places">P: most experts that a token gets.</param>
/// <param name="width">D.</param>
/// <param name="allExperts">Whether every expert computes every token.</param>
public sealed class ExpertStatistics(int experts, int places, int width, bool allExperts) : RouterStatistics(experts, places)
{
    /// <summary>What experts gave for the tokens that chose them; the gate is the combine weight.</summary>
    public OutputStatistics Outputs { get; } = new(experts, width);

    /// <summary>What every expert gives for every token; the gate is the probability. Null unless all experts were calibrated.</summary>
    public OutputStatistics? AllOutputs { get; } = allExperts ? new(experts, width) : null;
}

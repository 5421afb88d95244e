namespace Moesaic.Text.Datasets;

/// <summary>
/// The endless sequence of batches of a training run. Batch s depends on s and on what the source was made of alone, so that
/// a run that was killed resumes at its step with the same bits.
/// </summary>
public interface IBatchSource
{
    /// <summary>The batch of a step.</summary>
    /// <param name="step">From 0.</param>
    Batch At(long step);
}

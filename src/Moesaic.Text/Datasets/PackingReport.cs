namespace Moesaic.Text.Datasets;

/// <summary>What became of the samples that were packed.</summary>
/// <param name="Samples">Samples given.</param>
/// <param name="Blocks">Blocks filled.</param>
/// <param name="Tokens">Tokens read by the model, padding not counted.</param>
/// <param name="Targets">Predictions whose loss counts.</param>
/// <param name="Padding">Positions that only fill up blocks.</param>
/// <param name="CutSamples">Samples longer than a block, cut into consecutive pieces that do not see each other.</param>
/// <param name="Pieces">Segments that came of all samples together.</param>
/// <param name="LeftOutPieces">Pieces left out because no prediction in them counts (one token, or all masked).</param>
/// <param name="DroppedSamples">Samples left out because they, or those they belong together with, do not fit a block.</param>
public sealed record PackingReport(
    int Samples, int Blocks, long Tokens, long Targets, long Padding, int CutSamples, int Pieces, int LeftOutPieces, int DroppedSamples = 0);

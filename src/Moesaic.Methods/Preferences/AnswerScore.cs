using Moesaic.Methods.Training;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Preferences;

/// <summary>An answer in a pass.</summary>
/// <param name="Source">Index of its sample: twice the pair's, plus 1 for the worse answer.</param>
/// <param name="Start">First position, counted from the first row of the pass.</param>
/// <param name="Length">Positions, the prompt included.</param>
/// <param name="Tokens">Tokens of the answer that are predicted.</param>
/// <param name="LogProbability">Of the answer given its prompt, nats.</param>
readonly record struct AnswerScore(int Source, int Start, int Length, int Tokens, double LogProbability)
{
    /// <summary>The answers in some rows, in order; the two of a pair follow one another.</summary>
    /// <param name="rows">Packed two together.</param>
    /// <param name="losses">Of every position of the rows.</param>
    public static List<AnswerScore> Of(BatchRows rows, ReadOnlySpan<float> losses)
    {
        var scores = new List<AnswerScore>();
        var batch = rows.Batch;
        var (from, to) = (rows.First * batch.Length, (rows.First + rows.Count) * batch.Length);
        for (var s = 0; s < batch.Segments.Length; s++)
        {
            var segment = batch.Segments[s];
            if (segment.IsPadding || segment.Start < from || segment.Start >= to) continue;
            double sum = 0;
            var start = segment.Start - from;
            foreach (var loss in losses.Slice(start, segment.Length)) sum += loss;
            var tokens = segment.Length - batch.Targets.AsSpan(segment.Start, segment.Length).Count(Batch.Ignored);
            scores.Add(new AnswerScore(batch.Sources[s], start, segment.Length, tokens, -sum));
        }
        return scores;
    }
}

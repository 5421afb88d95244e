using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Preferences;

/// <summary>
/// Direct preference optimisation over blocks in which the two answers of a pair follow one another. The answers' log-probabilities
/// are computed first; each token's cross-entropy then counts with the slope of its pair's loss, so that no [T, V] array exists.
/// </summary>
public sealed class PreferenceObjective : ITrainingObjective
{
    readonly double[] reference;
    readonly DpoLoss loss;
    readonly double beta;
    readonly bool normalised;
    float[] weights = [];

    /// <summary>Prepares the objective.</summary>
    /// <param name="reference">Log-probability of every sample's answer by the reference, see <see cref="ReferencePass"/>.</param>
    /// <param name="options">Beta, smoothing, normalisation.</param>
    public PreferenceObjective(double[] reference, DpoStepOptions options) =>
        (this.reference, loss, beta, normalised) =
            (reference, new DpoLoss(options.Beta, options.LabelSmoothing), options.Beta, options.LengthNormalised);

    /// <inheritdoc/>
    public int Count(Batch batch) => batch.Segments.Count(s => !s.IsPadding) / 2;

    /// <inheritdoc/>
    public LossSums Run(Workspace workspace, Model model, Tensor hidden, BatchRows rows, float weight)
    {
        var targets = rows.Targets;
        var scores = AnswerScore.Of(rows, workspace.TokenLosses(hidden, model.Head, targets).Span);
        if (weights.Length < targets.Length) weights = new float[targets.Length];
        Array.Clear(weights, 0, targets.Length);
        var sums = new LossSums(0, null, 0, 0);
        for (var i = 0; i < scores.Count; i += 2)
        {
            var (better, worse) = (scores[i], scores[i + 1]);
            var gain = Gain(better) - Gain(worse);
            sums += new LossSums(loss.Of(gain), null, gain > 0 ? 1 : gain == 0 ? 0.5 : 0, beta * gain);
            // A token's loss is minus its log-probability.
            var slope = weight * loss.Slope(gain);
            Weigh(better, -slope);
            Weigh(worse, slope);
        }
        if (workspace.Recording) workspace.CrossEntropy(hidden, model.Head, targets, weights.AsSpan(0, targets.Length));
        return sums;

        void Weigh(AnswerScore answer, double value) =>
            weights.AsSpan(answer.Start, answer.Length).Fill((float)(normalised ? value / answer.Tokens : value));
    }

    double Gain(AnswerScore answer)
    {
        var gain = answer.LogProbability - reference[answer.Source];
        return normalised ? gain / answer.Tokens : gain;
    }
}

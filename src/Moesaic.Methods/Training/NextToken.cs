using Moesaic.Models;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Training;

/// <summary>Next-token cross-entropy. Which tokens count is the data's business (masks of chat samples).</summary>
public sealed class NextToken : ITrainingObjective
{
    float[] weights = [];

    /// <inheritdoc/>
    public int Count(Batch batch) => batch.TargetCount;

    /// <inheritdoc/>
    public LossSums Run(Workspace workspace, Model model, Tensor hidden, BatchRows rows, float weight)
    {
        var targets = rows.Targets;
        if (weights.Length < targets.Length) weights = new float[targets.Length];
        Array.Fill(weights, weight);
        double sum = 0;
        foreach (var loss in workspace.CrossEntropy(hidden, model.Head, targets, weights.AsSpan(0, targets.Length)).Span) sum += loss;
        return new(sum);
    }
}

using Moesaic.Models;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Training;

/// <summary>Next-token cross-entropy. Which tokens count is the data's business (masks of chat samples).</summary>
/// <param name="zLoss">Coefficient of the mean squared logsumexp of the head's logits. Default 0.</param>
public sealed class NextToken(float zLoss = 0) : ITrainingObjective
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
        var squares = zLoss > 0 && workspace.Recording ? workspace.Rent(1, targets.Length) : null;
        double sum = 0, squared = 0;
        foreach (var loss in workspace.CrossEntropy(hidden, model.Head, targets, weights.AsSpan(0, targets.Length), zLoss, squares).Span) sum += loss;
        if (squares is null) return new(sum);
        foreach (var square in squares.Span) squared += square;
        return new(sum, OutputZLoss: squared);
    }
}

using Moesaic.Models;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Training;

/// <summary>What a trainer minimises besides the router objectives: it turns hidden states into losses and seeds their gradients.</summary>
public interface ITrainingObjective
{
    /// <summary>The number of equal parts a step's loss is the mean of: predicted tokens, or pairs.</summary>
    int Count(Batch batch);

    /// <summary>
    /// The losses of one pass. While the workspace records, the gradient of <paramref name="weight"/> times their sum is seeded as
    /// <see cref="LossOps.CrossEntropy"/> does.
    /// </summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="model">The model being trained.</param>
    /// <param name="hidden">[T, D] of the rows, after the last norm.</param>
    /// <param name="rows">What was read.</param>
    /// <param name="weight">1 / the step's count.</param>
    LossSums Run(Workspace workspace, Model model, Tensor hidden, BatchRows rows, float weight);
}

/// <summary>Sums over the counted parts of one pass or step; null where the objective has no such thing.</summary>
/// <param name="Loss">Nats: of next-token prediction the cross-entropy, of preferences their loss.</param>
/// <param name="Divergence">Distance from a teacher's predictions, nats.</param>
/// <param name="Accuracy">Pairs whose better answer gained more than the worse one.</param>
/// <param name="Margin">Implicit reward of the better answer minus that of the worse one.</param>
/// <param name="OutputZLoss">Squared logsumexp of the head's logits.</param>
public readonly record struct LossSums(double Loss, double? Divergence = null, double? Accuracy = null, double? Margin = null, double? OutputZLoss = null)
{
    /// <summary>Sum by sum.</summary>
    public static LossSums operator +(LossSums a, LossSums b) =>
        new(a.Loss + b.Loss, a.Divergence + b.Divergence, a.Accuracy + b.Accuracy, a.Margin + b.Margin, a.OutputZLoss + b.OutputZLoss);

    /// <summary>Each sum divided.</summary>
    public static LossSums operator /(LossSums sums, int count) =>
        new(sums.Loss / count, sums.Divergence / count, sums.Accuracy / count, sums.Margin / count, sums.OutputZLoss / count);
}

/// <summary>Some rows of a batch.</summary>
/// <param name="Batch">The batch.</param>
/// <param name="First">First row.</param>
/// <param name="Count">Number of rows.</param>
public readonly record struct BatchRows(Batch Batch, int First, int Count)
{
    /// <summary>The targets of the rows.</summary>
    public ReadOnlySpan<int> Targets => Batch.Targets.AsSpan(First * Batch.Length, Count * Batch.Length);

    /// <summary>The rows as the input of a pass; a new one each time.</summary>
    public PassInput Input() => PassInputs.Of(Batch, First, Count);
}

using Moesaic.Methods.Calibration;

namespace Moesaic.Methods.Compression.Search;

/// <summary>What NAEE sums.</summary>
public enum LayerLoss
{
    /// <summary>‖Z − Z'‖² over tokens: every token counts alike.</summary>
    SquaredError,

    /// <summary>The published sum over batches of ‖Z − Z'‖_F, which depends a little on the size of batches.</summary>
    BatchNorms,
}

/// <summary>"Not All Experts are Equal" (Lu et al. 2024): what a choice of experts costs, and what a token can skip.</summary>
public static class Naee
{
    /// <summary>The objective over cached outputs.</summary>
    /// <param name="outputs">Of the layer.</param>
    /// <param name="loss">What is summed.</param>
    public static ChoiceErrors Objective(CachedOutputs outputs, LayerLoss loss) =>
        choices => [.. outputs.BatchErrors(choices).Select(batches => Loss(batches, loss))];

    /// <summary>One number of the squared errors of batches.</summary>
    public static double Loss(IReadOnlyList<double> squaredErrors, LayerLoss loss) =>
        loss == LayerLoss.SquaredError ? squaredErrors.Sum() : squaredErrors.Sum(Math.Sqrt);

    /// <summary>
    /// Experts in the order in which smaller choices should take them: those that stay first, and among equals those whose removal alone
    /// costs most.
    /// </summary>
    /// <param name="kept">The decided choice.</param>
    /// <param name="removal">E errors of single removals.</param>
    public static int[] Ranking(IReadOnlyCollection<int> kept, IReadOnlyList<double> removal) =>
        [.. Enumerable.Range(0, removal.Count).OrderByDescending(e => kept.Contains(e)).ThenByDescending(e => removal[e]).ThenBy(e => e)];
}

using Moesaic.Models.Experts;

namespace Moesaic.Methods.Training;

/// <summary>What the routers of all layers did in one optimiser step.</summary>
/// <param name="LoadVariation">Deviation of the experts' loads over their mean, averaged over the layers; 0 is balanced.</param>
/// <param name="DropRate">Part of the choices that were lost to a capacity.</param>
/// <param name="PerToken">Experts per token, on average.</param>
/// <param name="Idle">Experts of all layers together that no token of the step chose.</param>
public readonly record struct StepRouting(double LoadVariation, double DropRate, double PerToken, int Idle)
{
    /// <summary>From the statistics of a step; null when no token was routed.</summary>
    /// <param name="layers">One per mixture layer.</param>
    internal static StepRouting? Of(IReadOnlyList<RoutingStatistics> layers) => layers.Count == 0 || layers.All(l => l.Tokens == 0) ? null
        : new(layers.Average(l => l.LoadVariation), layers.Average(l => l.DropRate), layers.Average(l => l.PerToken), layers.Sum(l => l.Dead));
}

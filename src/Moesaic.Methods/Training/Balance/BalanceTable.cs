using System.Globalization;
using Moesaic.Methods.Steps;
using Moesaic.Models;

namespace Moesaic.Methods.Training.Balance;

/// <summary>The router objectives layer by layer, at the beginning and at the end.</summary>
static class BalanceTable
{
    /// <summary>One row for each router; no table without routers.</summary>
    public static IEnumerable<ReportTable> Of(TrainingLog log, ModelSpec spec)
    {
        if (log.ObjectivesOfLayers is not [var first, ..]) yield break;
        var last = log.ObjectivesOfLayers[^1];
        string[] routers = [.. spec.MixtureLayers.Select(Text), .. spec.AttentionExpertLayers.Select(l => $"{Text(l)} attention")];
        yield return new ReportTable("Router objectives by layer, without coefficients",
            ["layer", .. first.Values.SelectMany(v => new[] { Head(v, first), Head(v, last) })],
            [.. routers.Select((layer, r) => (IReadOnlyList<string>)
                [layer, .. first.Values.Zip(last.Values, (a, b) => new[] { Number(a.Layers[r]), Number(b.Layers[r]) }).SelectMany(pair => pair)])]);

        static string Head(ObjectiveValues value, TrainingLog.LayerObjectives at) => $"{value.Name.Replace('_', ' ')}, step {Text(at.Step)}";
        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
        static string Number(double value) => value.ToString("G5", CultureInfo.InvariantCulture);
    }
}

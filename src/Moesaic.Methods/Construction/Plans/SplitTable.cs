using System.Globalization;
using Moesaic.Methods.Construction.Heads;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Construction.Plans;

/// <summary>A plan for people: of what is split, one row per layer.</summary>
static class SplitTable
{
    public static IEnumerable<ReportTable> Of(SplitPlan plan)
    {
        if (plan.Layers.Count > 0) yield return FeedForward(plan);
        if (plan.Attention is { } attention) yield return Attention(attention);
    }

    static ReportTable Attention(AttentionSplit split) => new(
        "Split of attention",
        ["layer", "scale", "error", "energy agreement (%)"],
        [.. split.Layers.Select(layer => (IReadOnlyList<string>)
        [
            layer.Layer.ToString(CultureInfo.InvariantCulture), Text(layer.Scale, "F3"), Text(layer.Error, "F3"), Text(100 * layer.Agreement, "F1"),
        ])]);

    static ReportTable FeedForward(SplitPlan plan) => new(
        "Split",
        ["layer", "shared width", "expert widths", "coverage (%)", "scale", "error", "agreement (%)", "energy agreement (%)", "load variation"],
        [.. plan.Layers.Select(layer => (IReadOnlyList<string>)
        [
            layer.Layer.ToString(CultureInfo.InvariantCulture), layer.Shared.Length.ToString(CultureInfo.InvariantCulture), Widths(layer),
            Text(100 * layer.Coverage, "F1"), Text(layer.Scale, "F3"), Text(layer.Measured?.Error, "F3"), Text(100 * layer.Measured?.Agreement, "F1"),
            Text(100 * layer.Measured?.EnergyAgreement, "F1"), Text(layer.Measured?.LoadVariation, "F2"),
        ])]);

    static string Widths(LayerSplit layer)
    {
        var widths = layer.Experts.Select(e => e.Length).Distinct().ToArray();
        return widths.Length == 1
            ? string.Create(CultureInfo.InvariantCulture, $"{layer.Experts.Length} x {widths[0]}")
            : string.Join(' ', layer.Experts.Select(e => e.Length.ToString(CultureInfo.InvariantCulture)));
    }

    static string Text(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";
}

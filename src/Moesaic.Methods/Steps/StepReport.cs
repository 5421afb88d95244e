namespace Moesaic.Methods.Steps;

/// <summary>What a step found and did; written as report.json and report.md and quoted in the model card.</summary>
public sealed record StepReport
{
    /// <summary>One sentence in the past tense, also for the model card: "Split 4 layers into 8 experts of width 64."</summary>
    public required string Summary { get; init; }

    /// <summary>The numbers, in the order to show. Quality, bytes and speed where the step can know them.</summary>
    public IReadOnlyList<Figure> Figures { get; init; } = [];

    /// <summary>Larger results: per layer, per expert, per domain.</summary>
    public IReadOnlyList<ReportTable> Tables { get; init; } = [];

    /// <summary>What was measured along the way, for charts.</summary>
    public IReadOnlyList<Curve> Curves { get; init; } = [];

    /// <summary>Texts in colours.</summary>
    public IReadOnlyList<Passage> Passages { get; init; } = [];

    /// <summary>Everything a reader must know to judge the figures: what was skipped, left out, estimated.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

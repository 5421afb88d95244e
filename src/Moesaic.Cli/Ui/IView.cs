using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Ui;

/// <summary>
/// All that a verb may show. Results go to standard output; progress, notes, warnings and errors go to standard error,
/// except that the JSON view puts everything on standard output as one JSON object a line.
/// </summary>
interface IView : IProgressReporter
{
    /// <summary>What a recipe is going to do and cost.</summary>
    void Plan(RunPlan plan);

    /// <summary>What a step found.</summary>
    void Report(string verb, StepReport report);

    void Table(ReportTable table);

    /// <summary>A result in words, on a line of its own.</summary>
    void Line(string text);

    /// <summary>A piece of generated text, shown at once and without a line end.</summary>
    void Text(string piece);

    /// <summary>Why the request failed, for the person who made it.</summary>
    void Error(string message, int exitCode);
}

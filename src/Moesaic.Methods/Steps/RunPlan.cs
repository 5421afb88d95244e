namespace Moesaic.Methods.Steps;

/// <summary>The plan of a whole recipe.</summary>
/// <param name="Steps">The plans of its steps with their verbs, in order.</param>
public sealed record RunPlan(IReadOnlyList<(string Verb, StepPlan Plan)> Steps)
{
    /// <summary>Sum of the steps' durations, in seconds.</summary>
    public double Seconds => Steps.Sum(s => s.Plan.Seconds);

    /// <summary>Highest resident memory of any step, in bytes.</summary>
    public long PeakMemoryBytes => Steps.Max(s => s.Plan.PeakMemoryBytes);

    /// <summary>Bytes read from disk over all steps.</summary>
    public long ReadBytes => Steps.Sum(s => s.Plan.ReadBytes);

    /// <summary>Bytes written to disk over all steps, checkpoints between steps included.</summary>
    public long OutputBytes => Steps.Sum(s => s.Plan.OutputBytes);
}

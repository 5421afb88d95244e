namespace Moesaic.Methods.Steps;

/// <summary>A number measured again and again along another one, such as a loss along the tokens read.</summary>
/// <param name="Key">Stable snake_case name, unique within its report: "held_out_loss".</param>
/// <param name="Unit">"nats", "%"; empty for a pure number.</param>
/// <param name="Along">What the places count: "tokens".</param>
/// <param name="Places">Rising.</param>
/// <param name="Values">One a place.</param>
public sealed record Curve(string Key, string Unit, string Along, IReadOnlyList<double> Places, IReadOnlyList<double> Values);

namespace Moesaic.Methods.Steps;

/// <summary>A measured number with its name and unit.</summary>
/// <param name="Key">Stable snake_case name, unique within its report: "perplexity", "active_parameters".</param>
/// <param name="Value">The number; NaN and infinities are refused when a report is written.</param>
/// <param name="Unit">"bytes", "tokens/s", "nats", "%"; empty for a pure number.</param>
public readonly record struct Figure(string Key, double Value, string Unit = "");

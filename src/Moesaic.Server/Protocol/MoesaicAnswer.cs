namespace Moesaic.Server.Protocol;

/// <summary>What else is known of an answer.</summary>
sealed record MoesaicAnswer(Timings Timings, double? ExpertsPerToken);

/// <summary>Of the text that took longest.</summary>
sealed record Timings(double QueuedMs, double PromptMs, double FirstTokenMs, double GenerationMs, double TokensPerSecond);

/// <summary>What else is known of a text.</summary>
sealed record MoesaicChoice(IReadOnlyList<RoutedToken> Tokens);

/// <summary>A token and the experts that led to it.</summary>
sealed record RoutedToken(int Id, string Text, IReadOnlyList<RoutedLayer> Layers);

/// <summary>The experts of one layer, best first.</summary>
sealed record RoutedLayer(int Layer, IReadOnlyList<int> Experts, IReadOnlyList<float> Weights);

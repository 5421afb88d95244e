using System.Text.Json.Serialization;

namespace Moesaic.Server.Protocol;

/// <summary>GET /moesaic/model.</summary>
sealed record ModelDetails
{
    public required string Name { get; init; }
    public required int Context { get; init; }
    public required int Vocabulary { get; init; }
    public required long Parameters { get; init; }
    public required long ActiveParameters { get; init; }
    public required bool Chat { get; init; }
    public required IReadOnlyList<MixtureDetails> Mixtures { get; init; }
    public required IReadOnlyList<string> Tasks { get; init; }
    public required bool PolicyChanges { get; init; }
}

/// <summary>A layer with experts.</summary>
/// <param name="Layer">Its number, from 0.</param>
/// <param name="Experts">How many there are.</param>
/// <param name="Chosen">How many the router chooses for a token.</param>
/// <param name="Shared">Whether there is one beside them that all tokens use.</param>
sealed record MixtureDetails(int Layer, int Experts, int Chosen, bool Shared);

/// <summary>GET /moesaic/experts: since the start.</summary>
sealed record ExpertsReport(IReadOnlyList<LayerLoad> Layers, ServerStatus Status);

/// <summary>How often the experts of a layer were chosen.</summary>
/// <param name="Layer">Its number.</param>
/// <param name="Tokens">Tokens that were routed.</param>
/// <param name="Slots">For each expert how many tokens chose it.</param>
/// <param name="Balance">Jain's index of these.</param>
sealed record LayerLoad(int Layer, long Tokens, IReadOnlyList<long> Slots, double Balance);

/// <summary>What the server is doing. Counts are since the start, except the rate.</summary>
sealed record ServerStatus
{
    public required int Waiting { get; init; }
    public required int Running { get; init; }
    public required double TokensPerSecond { get; init; }
    public required long Steps { get; init; }
    public required long ComputedTokens { get; init; }
    public required long GeneratedTokens { get; init; }
    public required long CachedTokens { get; init; }
    public required long Ended { get; init; }
    public required CacheStatus Cache { get; init; }
}

/// <summary>Pages of the cache.</summary>
sealed record CacheStatus(int Pages, int Used, int Kept, int Reserved, int PageTokens);

/// <summary>GET /health and /ready.</summary>
sealed record HealthStatus(string Status);

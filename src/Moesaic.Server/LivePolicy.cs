using System.Text.Json.Nodes;
using Moesaic.Inference;
using Moesaic.Models;

namespace Moesaic.Server;

/// <summary>The routing policies that were given while the server runs, in the words in which they were given.</summary>
sealed class LivePolicy
{
    readonly Lock gate = new();
    JsonNode? given;

    /// <summary>Null: none were given, or the model's own are wanted again.</summary>
    public JsonNode? Given
    {
        get
        {
            lock (gate) return given?.DeepClone();
        }
    }

    /// <exception cref="Formats.BadRequestException">A policy means nothing at its router.</exception>
    public void Change(GenerationQueue queue, RoutingPolicies? policies, JsonNode? words)
    {
        lock (gate)
        {
            queue.Exchange(policies);
            given = words;
        }
    }
}

using System.Net;
using Moesaic.Extensions.AI;
using Moesaic.Server.Errors;

namespace Moesaic.Server;

/// <summary>The model as requests meet it: loading, there, or about to go.</summary>
sealed class ServedModel
{
    volatile MoesaicModel? model;
    volatile bool isReady, isClosing;

    public bool IsReady => isReady && !isClosing;

    public bool IsClosing => isClosing;

    /// <summary>The model, even when it is about to go, or null when it is not loaded yet.</summary>
    public MoesaicModel? Loaded => model;

    /// <summary>It is loaded, but for the warm-up.</summary>
    public void Load(MoesaicModel loaded) => model = loaded;

    /// <summary>Requests may come.</summary>
    public void Open() => isReady = true;

    /// <summary>No more requests may come.</summary>
    public void Close() => isClosing = true;

    /// <summary>The model, for a request.</summary>
    /// <exception cref="ApiException">It takes no requests now.</exception>
    public MoesaicModel Require() => isClosing
        ? throw new ApiException(HttpStatusCode.ServiceUnavailable, "The server is shutting down.", null, "shutting_down")
        : isReady ? model!
        : throw new ApiException(HttpStatusCode.ServiceUnavailable, "The model is being loaded; /ready says when it is there.", null, "loading")
        {
            RetryAfter = TimeSpan.FromSeconds(5),
        };
}

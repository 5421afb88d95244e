using Microsoft.AspNetCore.Http;

namespace Moesaic.Server.Security;

/// <summary>Who asks.</summary>
/// <param name="Key">The number of the key that was shown.</param>
/// <param name="HasKey">Whether the server asks for keys.</param>
/// <param name="Connection">Of the request.</param>
sealed record Caller(int Key, bool HasKey, string Connection)
{
    /// <summary>Who sent a request that passed the gate.</summary>
    public static Caller Of(HttpContext context) => context.Features.Get<Caller>() ?? throw new InvalidOperationException("the request did not pass the gate");

    public static void Set(HttpContext context, Caller caller) => context.Features.Set(caller);

    /// <summary>By which the queue lets clients take turns: the user whom the client names, else the key, else the connection.</summary>
    public string Client(string? user) =>
        user is not null ? $"user {Key} {user}" : HasKey ? $"key {Key}" : $"connection {Connection}";
}

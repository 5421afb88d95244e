using System.Security.Cryptography;
using Moesaic.Extensions.AI;

namespace Moesaic.Server.Answers;

/// <summary>What all parts of an answer say of it.</summary>
/// <param name="Id">Unique.</param>
/// <param name="Created">Seconds since 1970.</param>
/// <param name="Model">The model's name.</param>
sealed record AnswerHead(string Id, long Created, string Model)
{
    /// <summary>The program: with the same one, the same seed means the same text.</summary>
    public static string Fingerprint { get; } = $"moesaic-{MoesaicServer.Version}";

    public static AnswerHead New(string kind, MoesaicModel model, TimeProvider time) =>
        new($"{kind}-{RandomNumberGenerator.GetHexString(24, lowercase: true)}", time.GetUtcNow().ToUnixTimeSeconds(), model.Name);
}

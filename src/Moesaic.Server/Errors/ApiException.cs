using System.Net;

namespace Moesaic.Server.Errors;

/// <summary>A refusal in the words of the protocol.</summary>
/// <param name="status">Of the answer.</param>
/// <param name="message">For people.</param>
/// <param name="parameter">The field that is wrong, or null.</param>
/// <param name="code">For programs, or null.</param>
/// <param name="inner">What led to it.</param>
sealed class ApiException(HttpStatusCode status, string message, string? parameter = null, string? code = null, Exception? inner = null)
    : Exception(message, inner)
{
    public HttpStatusCode Status => status;

    public string? Parameter => parameter;

    public string? Code => code;

    /// <summary>After which time asking again may help.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public string Type => status switch
    {
        HttpStatusCode.TooManyRequests => "rate_limit_error",
        >= HttpStatusCode.InternalServerError => "server_error",
        _ => "invalid_request_error",
    };

    /// <summary>A field of the request is wrong.</summary>
    public static ApiException Field(string name, string message, string? code = null) =>
        new(HttpStatusCode.BadRequest, $"{name}: {message}", name, code);
}

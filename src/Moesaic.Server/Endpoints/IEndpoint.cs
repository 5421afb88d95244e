using Microsoft.AspNetCore.Http;

namespace Moesaic.Server.Endpoints;

/// <summary>One method of one address.</summary>
interface IEndpoint
{
    string Method { get; }

    string Path { get; }

    /// <summary>For people, in a few words.</summary>
    string About { get; }

    /// <summary>Whether it asks for no key.</summary>
    bool IsOpen => false;

    Task AnswerAsync(HttpContext context);
}

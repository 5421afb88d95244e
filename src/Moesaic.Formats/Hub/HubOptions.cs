namespace Moesaic.Formats;

/// <summary>Where models are pulled from, and how patiently.</summary>
public sealed record HubOptions
{
    /// <summary>Base address of a server that speaks the Hugging Face Hub's protocol. Default https://huggingface.co.</summary>
    public Uri Endpoint { get; init; } = new("https://huggingface.co");

    /// <summary>Sent to the endpoint and never to another host; null for none.</summary>
    public string? Token { get; init; }

    /// <summary>Branch, tag or commit. Default main.</summary>
    public string Revision { get; init; } = "main";

    /// <summary>Attempts without a single byte gained before giving up. Default 6.</summary>
    public int Attempts { get; init; } = 6;

    /// <summary>Wait before the second attempt; doubled for each further one. Default 1 s.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait that a server may ask for; a longer one is a refusal. Default 5 minutes.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A connection that delivers nothing for so long is given up and made anew. Default 30 s.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The clock of the waits.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Refuses addresses that cannot be used, or that would give the token away.</summary>
    /// <exception cref="BadRequestException">Not http or https, or a token for an unencrypted connection.</exception>
    public void Check()
    {
        if (!Endpoint.IsAbsoluteUri || Endpoint.Scheme is not ("https" or "http") || Endpoint.UserInfo.Length > 0)
            throw new BadRequestException($"The endpoint {Endpoint.OriginalString} is no address such as https://huggingface.co.");
        if (Token is not null && Endpoint.Scheme == "http" && !Endpoint.IsLoopback)
            throw new BadRequestException($"The endpoint {Endpoint} is not encrypted: the token is not sent to it. Use https, or no token.");
        if (Token?.Any(c => c is <= ' ' or > '~') == true)
            throw new BadRequestException("The token holds characters that no token has (a line end, perhaps); set it anew.");
    }
}

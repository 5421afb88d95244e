using System.Text;

namespace Moesaic.Bench.Serve;

/// <summary>Requests by the byte.</summary>
static class RawRequest
{
    /// <summary>A good one.</summary>
    public static byte[] Post(string path, string body) => Post(path, Encoding.UTF8.GetBytes(body));

    /// <summary>A body of any bytes.</summary>
    /// <param name="path">Where.</param>
    /// <param name="body">What.</param>
    /// <param name="length">The length that is claimed; null: the true one.</param>
    public static byte[] Post(string path, byte[] body, long? length = null) =>
    [
        .. Encoding.ASCII.GetBytes($"POST /{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length ?? body.Length}\r\nConnection: close\r\n\r\n"),
        .. body,
    ];

    public static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);
}

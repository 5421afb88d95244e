using System.Net;

namespace Moesaic.Server.Tests;

public class PageTests
{
    [Fact]
    public async Task Files_of_the_page_have_types_and_are_not_sent_twice()
    {
        await using var server = await RunningServer.DemoAsync();
        foreach (var (path, type) in new[] { ("/", "text/html"), ("/main.js", "text/javascript"), ("/page.css", "text/css"), ("/icon.svg", "image/svg+xml") })
        {
            using var first = await server.Client.GetAsync(path);
            Assert.Equal((HttpStatusCode.OK, type), (first.StatusCode, first.Content.Headers.ContentType!.MediaType));
            var tag = first.Headers.ETag!;
            Assert.False(tag.IsWeak);
            using var again = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { IfNoneMatch = { tag } } };
            using var second = await server.Client.SendAsync(again);
            Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
            using var head = await server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
            Assert.Equal(first.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        }
    }
}

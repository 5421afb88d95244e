using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;
using Moesaic.Server.Answers;
using Moesaic.Server.Protocol;

namespace Moesaic.Server.Tests.Answers;

public class EventStreamTests
{
    /// <summary>Whatever is said, an independent reader finds it again, event by event, however the bytes are cut.</summary>
    [Fact]
    public void Events_come_back_as_they_were_sent()
    {
        var texts = ArbMap.Default.GeneratorFor<string[]>()
            .Select(list => (list ?? []).Select(t => Wellformed((t ?? "") + (t?.Length % 3 == 0 ? "\n\ndata: [DONE]\r\n\u2028\u0085: x" : ""))).ToArray());
        Prop.ForAll(texts.ToArbitrary(), list => Check(list).GetAwaiter().GetResult()).QuickCheckThrowOnFailure();
    }

    static async Task<bool> Check(string[] texts)
    {
        var context = new DefaultHttpContext();
        using var body = new MemoryStream();
        context.Response.Body = body;
        var stream = new EventStream(context);
        foreach (var text in texts)
        {
            await stream.SendAsync(new HealthStatus(text), ServerJson.Wire.HealthStatus);
            await stream.SendCommentAsync();
        }
        await stream.SendEndAsync();
        Assert.Equal("text/event-stream; charset=utf-8", context.Response.ContentType);
        var read = SseParser.Create(new MemoryStream(body.ToArray())).Enumerate().Select(e => e.Data).ToList();
        Assert.Equal("[DONE]", read[^1]);
        Assert.Equal(texts, read[..^1].Select(data => JsonElement.Parse(data).GetProperty("status").GetString()));
        return true;
    }

    // Texts that models write have no half characters.
    static string Wellformed(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
